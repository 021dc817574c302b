use dbkit_syntax::ast::{Attribute, Name, TypeTree};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The identifier at its own place; a key word is written raw.
pub fn ident(name: &Name) -> Ident {
    if syn::parse_str::<Ident>(&name.text).is_ok() {
        Ident::new(&name.text, name.span)
    } else {
        Ident::new_raw(&name.text, name.span)
    }
}

/// A type as it was written.
pub fn ty(tree: &TypeTree) -> TokenStream {
    let path = tree.path.iter().map(ident);
    let path = quote! { #(#path)::* };
    if tree.arguments.is_empty() {
        return path;
    }
    let arguments = tree.arguments.iter().map(ty);
    quote! { #path<#(#arguments),*> }
}

/// The text of `#[name = "text"]`.
pub fn text<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    attributes.iter().find(|attribute| attribute.name.text == name).and_then(Attribute::text)
}

/// Attributes that are Rust's or Diesel's own, in order.
pub fn foreign(attributes: &[Attribute]) -> TokenStream {
    attributes
        .iter()
        .filter(|attribute| dbkit_syntax::attributes::is_foreign(&attribute.name.text))
        .map(|attribute| {
            let tokens = &attribute.tokens;
            quote! { #[#tokens] }
        })
        .collect()
}
