// @generated automatically by Diesel CLI.

pub mod sql_types {
    #[derive(diesel::query_builder::QueryId, Clone, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "order_state"))]
    pub struct OrderState;
}

diesel::table! {
    customers (id) {
        id -> Int4,
        #[max_length = 200]
        email -> Varchar,
        #[sql_name = "type"]
        type_ -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    order_lines (order_id, position) {
        order_id -> Int8,
        position -> Int4,
        cents -> Int4,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::OrderState;

    orders (id) {
        id -> Int8,
        customer_id -> Int4,
        state -> OrderState,
        tags -> Array<Nullable<Text>>,
        note -> Nullable<Text>,
    }
}

diesel::joinable!(order_lines -> orders (order_id));
diesel::joinable!(orders -> customers (customer_id));

diesel::allow_tables_to_appear_in_same_query!(customers, order_lines, orders,);
