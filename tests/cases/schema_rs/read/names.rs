dbkit::schema! {
    #[sql_name = "a-b", renamed_from = "old"]
    #[unique(a, b)]
    #[check("a > 0")]
    #[check("a > b")]
    #[check("b <> 3")]
    #[index(a desc, "lower(c)", include(b), where = "a > 1")]
    #[index(a)]
    table a_b_2 (a) {
        #[serial]
        a -> Integer,
        #[unique]
        #[renamed_from = "bb"]
        b -> Integer,
        #[index]
        c -> Text,
    }

    #[foreign_key((x, y) references a_b_2(a, b), on_delete = set_null)]
    table auth.sessions () {
        #[references(a_b_2.b, on_delete = cascade, deferrable = initially_deferred)]
        x -> Integer,
        #[references(a_b_2)]
        y -> Nullable<Integer>,
        #[identity(by_default, start = 10, cycle)]
        z -> BigInt,
        #[generated = "x + 1"]
        g -> Integer,
    }
}
