// @generated automatically by Diesel CLI.

pub mod sql_types {
    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "order_state"))]
    pub struct OrderState;
}

dbkit::schema! {
    use diesel::sql_types::*;
    use super::sql_types::OrderState;

    table customers (id) {
        #[serial]
        id -> Int4,
        #[max_length = 200]
        #[unique]
        email -> Varchar,
        #[sql_name = "type"]
        #[default = "'person'::text"]
        type_ -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    table order_lines (order_id, position) {
        #[references(orders.id)]
        order_id -> Int8,
        position -> Int4,
        #[check("(cents >= 0)")]
        cents -> Int4,
    }

    #[index(customer_id, state, name = "orders_customer")]
    table orders (id) {
        #[serial]
        id -> Int8,
        #[references(customers.id, on_delete = cascade)]
        customer_id -> Int4,
        #[default = "'open'::order_state"]
        state -> OrderState,
        #[default = "'{}'::text[]"]
        tags -> Array<Nullable<Text>>,
        note -> Nullable<Text>,
    }
}
