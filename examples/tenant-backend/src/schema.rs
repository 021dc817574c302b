//! What all tenants share: who they are. `dbkit generate NAME` writes the migration for an edit.

dbkit::schema! {
    enum TenantStatus { Trial, Active, Suspended }

    #[index(status)]
    table tenants (id) {
        #[identity]
        id -> BigInt,
        /// Names the tenant's schema.
        #[unique]
        #[check("slug ~ '^[a-z][a-z0-9_]*$'")]
        slug -> Text,
        name -> Text,
        #[unique]
        domain -> Text,
        #[default = "'trial'"]
        status -> TenantStatus,
        #[default = "'free'"]
        plan -> Text,
        #[default = "'{}'"]
        features -> Jsonb,
        #[default = "'{}'"]
        configuration -> Jsonb,
        #[default = "now()"]
        created_at -> Timestamp,
        #[default = "now()", on_update = "now()"]
        updated_at -> Timestamp,
    }
}
