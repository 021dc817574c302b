//! The list of rules.

use super::Rule;

macro_rules! rules {
    ($($module:ident),* $(,)?) => {
        /// Every rule, by name.
        pub static RULES: &[&Rule] = &[$(&super::$module::RULE),*];
    };
}

rules![
    add_exclusion,
    add_required_column,
    add_serial_column,
    add_stored_column,
    alter_type,
    attach_partition,
    backfill_in_transaction,
    change_column_type,
    char_column,
    check_without_not_valid,
    cluster,
    delete_without_where,
    detach_partition_not_concurrent,
    disable_trigger,
    drop_cascade,
    drop_column,
    drop_index_not_concurrent,
    drop_not_null,
    drop_schema,
    drop_table,
    enum_value_used,
    foreign_key_type_mismatch,
    foreign_key_without_index,
    foreign_key_without_not_valid,
    index_not_concurrent,
    integer_primary_key,
    json_column,
    lock_table,
    lock_timeout_off,
    missing_lock_timeout,
    money_column,
    not_in_transaction,
    nullable_unique,
    redundant_index,
    refresh_not_concurrent,
    reindex_not_concurrent,
    rename_column,
    rename_table,
    reserved_word,
    rewrite_table,
    serial_not_identity,
    set_not_null,
    set_schema,
    several_tables_locked,
    table_without_primary_key,
    tenant_without_index,
    time_with_time_zone,
    timestamp_without_time_zone,
    transaction_control,
    truncate,
    unique_without_index,
    update_without_where,
    vacuum_full,
    validate_in_same_transaction,
    varchar_limit,
    volatile_default,
];
