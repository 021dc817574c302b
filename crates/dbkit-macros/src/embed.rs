//! `embed_migrations!`: a folder of migrations as a constant.

use proc_macro2::TokenStream;
use quote::quote;
use std::path::{Path, PathBuf};

/// The list of embedded migrations, or what is wrong with the folder.
pub(crate) fn expand(input: TokenStream) -> Result<TokenStream, String> {
    let folder = if input.is_empty() {
        "migrations".to_owned()
    } else {
        let literal: syn::LitStr = syn::parse2(input)
            .map_err(|_| "embed_migrations! takes the path of a folder as a string".to_owned())?;
        literal.value()
    };
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let dir = Path::new(&root).join(folder);
    let failed = |error: &std::io::Error| format!("cannot read {}: {error}", dir.display());
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(&dir).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // As for Diesel: files, and folders whose names begin with a dot, are no migrations.
        if !name.starts_with('.') && entry.path().is_dir() {
            folders.push((name, entry.path()));
        }
    }
    folders.sort();
    let mut items = Vec::new();
    for (name, path) in folders {
        let up = text(&path.join("up.sql"))
            .ok_or_else(|| format!("{} has no up.sql", path.display()))?;
        let (down, metadata) = (optional(&path, "down.sql"), optional(&path, "metadata.toml"));
        items.push(quote! {
            ::dbkit::EmbeddedMigration { name: #name, up: #up, down: #down, metadata: #metadata }
        });
    }
    Ok(quote! { {
        const EMBEDDED: &[::dbkit::EmbeddedMigration] = &[#(#items),*];
        EMBEDDED
    } })
}

/// The compiler reads the file itself, and so knows when it changes.
fn text(path: &Path) -> Option<TokenStream> {
    let absolute: PathBuf = path.canonicalize().ok().filter(|path| path.is_file())?;
    let absolute = absolute.to_str()?.to_owned();
    Some(quote! { ::core::include_str!(#absolute) })
}

fn optional(folder: &Path, name: &str) -> TokenStream {
    match text(&folder.join(name)) {
        Some(text) => quote! { ::core::option::Option::Some(#text) },
        None => quote! { ::core::option::Option::None },
    }
}
