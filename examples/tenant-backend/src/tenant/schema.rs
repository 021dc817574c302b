//! What each tenant has in a schema of its own. `dbkit generate NAME --schema src/tenant/schema.rs
//! --migration-dir migrations/tenants` writes the migration for an edit.

dbkit::schema! {
    table members (id) {
        #[identity]
        id -> BigInt,
        #[unique]
        #[pii]
        email -> Text,
        #[pii]
        name -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
        #[default = "now()", on_update = "now()"]
        updated_at -> Timestamp,
    }

    #[index(member_id, created_at)]
    table documents (id) {
        #[identity]
        id -> BigInt,
        #[references(members.id)]
        member_id -> BigInt,
        title -> Text,
        #[default = "'{}'"]
        content -> Jsonb,
        #[default = "now()"]
        created_at -> Timestamp,
        #[default = "now()", on_update = "now()"]
        updated_at -> Timestamp,
    }
}
