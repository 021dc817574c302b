//! The program has its migrations in it: cargo has to notice new ones.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
