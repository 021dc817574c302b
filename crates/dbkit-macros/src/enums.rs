use crate::names::{foreign, ident, text};
use dbkit_syntax::ast::EnumDef;
use dbkit_syntax::names::separate;
use proc_macro2::TokenStream;
use quote::quote;

/// A Rust enum that is its own SQL type: an enum on PostgreSQL, text elsewhere.
pub fn expand(item: &EnumDef) -> TokenStream {
    let name = ident(&item.name);
    let sql_name =
        text(&item.attributes, "sql_name").map_or_else(|| separate(&item.name.text), str::to_owned);
    let schema = text(&item.attributes, "schema").filter(|schema| *schema != "public");
    let schema = schema.map(|schema| quote! { , schema = #schema });
    let attributes = foreign(&item.attributes);
    let variants: Vec<_> = item.labels.iter().map(|label| ident(&label.name)).collect();
    let labels: Vec<String> = item
        .labels
        .iter()
        .map(|label| {
            text(&label.attributes, "sql_name")
                .map_or_else(|| separate(&label.name.text), str::to_owned)
        })
        .collect();
    let notes = item.labels.iter().map(|label| foreign(&label.attributes));
    let wrong = format!("unknown label of {sql_name}: ");
    quote! {
        #attributes
        #[derive(
            ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug,
            ::core::cmp::PartialEq, ::core::cmp::Eq, ::core::cmp::PartialOrd, ::core::cmp::Ord,
            ::core::hash::Hash,
            ::diesel::sql_types::SqlType,
            ::diesel::query_builder::QueryId,
            ::diesel::expression::AsExpression,
            ::diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = #name)]
        #[diesel(postgres_type(name = #sql_name #schema))]
        #[diesel(sqlite_type(name = "Text"))]
        pub enum #name {
            #(#notes #variants,)*
        }

        impl #name {
            /// Every label, in the database's order.
            pub const ALL: &'static [Self] = &[#(Self::#variants),*];

            /// The label as the database spells it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    #(Self::#variants => #labels,)*
                }
            }
        }

        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<DB> ::diesel::serialize::ToSql<#name, DB> for #name
        where
            DB: ::diesel::backend::Backend,
            str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                ::diesel::serialize::ToSql::<::diesel::sql_types::Text, DB>::to_sql(
                    self.as_str(),
                    out,
                )
            }
        }

        impl<DB> ::diesel::deserialize::FromSql<#name, DB> for #name
        where
            DB: ::diesel::backend::Backend,
            ::std::string::String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let text = <::std::string::String as ::diesel::deserialize::FromSql<
                    ::diesel::sql_types::Text,
                    DB,
                >>::from_sql(bytes)?;
                match text.as_str() {
                    #(#labels => ::core::result::Result::Ok(Self::#variants),)*
                    other => ::core::result::Result::Err(
                        ::std::format!("{}{other}", #wrong).into(),
                    ),
                }
            }
        }
    }
}
