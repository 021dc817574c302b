use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error};

/// Makes a type that serde knows the value of a JSON column. `function` of `JsonBackend` writes it.
pub fn expand(input: &DeriveInput, sql_type: &str, function: &str) -> syn::Result<TokenStream> {
    if !input.generics.params.is_empty() {
        let message = "a column has one type: derive this for a struct without parameters";
        return Err(Error::new_spanned(&input.generics, message));
    }
    let name = &input.ident;
    let shown = name.to_string();
    let [sql_type, function] =
        [sql_type, function].map(|word| syn::Ident::new(word, proc_macro2::Span::call_site()));
    let json = quote! { ::diesel::sql_types::#sql_type };
    let nullable = quote! { ::diesel::sql_types::Nullable<#json> };
    let expressions = [&json, &nullable].map(|sql| {
        let one = |generics: TokenStream, of: TokenStream| {
            quote! {
                impl #generics ::diesel::expression::AsExpression<#sql> for #of {
                    type Expression = ::diesel::internal::derives::as_expression::Bound<#sql, Self>;

                    fn as_expression(self) -> Self::Expression {
                        ::diesel::internal::derives::as_expression::Bound::new(self)
                    }
                }
            }
        };
        let value = one(quote! {}, quote! { #name });
        let borrowed = one(quote! { <'e> }, quote! { &'e #name });
        let twice = one(quote! { <'e, 'f> }, quote! { &'f &'e #name });
        quote! { #value #borrowed #twice }
    });
    Ok(quote! {
        #(#expressions)*

        impl<DB> ::diesel::serialize::ToSql<#json, DB> for #name
        where
            DB: ::dbkit::json::JsonBackend,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                <DB as ::dbkit::json::JsonBackend>::#function(self, out)
            }
        }

        impl<DB> ::diesel::serialize::ToSql<#nullable, DB> for #name
        where
            DB: ::dbkit::json::JsonBackend,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                <DB as ::dbkit::json::JsonBackend>::#function(self, out)
            }
        }

        impl<DB> ::diesel::deserialize::FromSql<#json, DB> for #name
        where
            DB: ::diesel::backend::Backend,
            ::dbkit::json::Value: ::diesel::deserialize::FromSql<#json, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let json = <::dbkit::json::Value as ::diesel::deserialize::FromSql<#json, DB>>::from_sql(bytes)?;
                ::dbkit::json::read(#shown, json)
            }
        }

        impl<DB> ::diesel::deserialize::Queryable<#json, DB> for #name
        where
            DB: ::diesel::backend::Backend,
            Self: ::diesel::deserialize::FromSql<#json, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> ::diesel::deserialize::Result<Self> {
                ::core::result::Result::Ok(row)
            }
        }
    })
}
