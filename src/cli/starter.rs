//! The starter project, as it stands at the repository's root.

/// Every file of it, by its path in the project. A test compares the list with the folders.
pub(super) const FILES: &[(&str, &str)] = &[
    ("dbkit.toml", include_str!("../../dbkit.toml")),
    ("diesel.toml", include_str!("../../diesel.toml")),
    (
        "migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/down.sql",
        include_str!(
            "../../migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/down.sql"
        ),
    ),
    (
        "migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/metadata.toml",
        include_str!(
            "../../migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/metadata.toml"
        ),
    ),
    (
        "migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/snapshot.json",
        include_str!(
            "../../migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/snapshot.json"
        ),
    ),
    (
        "migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/up.sql",
        include_str!(
            "../../migrations/postgres/2026-11-21-052730_create_extension_instance_and_comments/up.sql"
        ),
    ),
    (
        "migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/down.sql",
        include_str!(
            "../../migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/down.sql"
        ),
    ),
    (
        "migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/metadata.toml",
        include_str!(
            "../../migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/metadata.toml"
        ),
    ),
    (
        "migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/snapshot.json",
        include_str!(
            "../../migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/snapshot.json"
        ),
    ),
    (
        "migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/up.sql",
        include_str!(
            "../../migrations/sqlite/2026-11-21-052730_create_extension_instance_and_comments/up.sql"
        ),
    ),
    (
        "seeds/common/extension_instance.toml",
        include_str!("../../seeds/common/extension_instance.toml"),
    ),
    ("seeds/dev/comments.toml", include_str!("../../seeds/dev/comments.toml")),
    ("seeds/dev/extension_instance.toml", include_str!("../../seeds/dev/extension_instance.toml")),
    ("seeds/dev/welcome.sql", include_str!("../../seeds/dev/welcome.sql")),
    ("seeds/test/comments.toml", include_str!("../../seeds/test/comments.toml")),
    ("src/schema.rs", include_str!("../../src/schema.rs")),
];
