//! Who publishes.

dbkit::schema! {
    table users (id) {
        #[identity]
        id -> BigInt,
        #[unique]
        #[pii]
        email -> Text,
        #[pii]
        name -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }
}
