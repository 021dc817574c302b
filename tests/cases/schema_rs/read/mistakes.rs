dbkit::schema! {
    enum Mood { Sad, Happy, Sad }

    #[index(emial)]
    #[indx(email)]
    #[unique(email, name = "a_name_that_is_much_longer_than_the_sixty_three_bytes_of_postgres")]
    #[check("length(email) > 3", nme = "long_enough")]
    table users (id) {
        #[identity]
        id -> Text,
        email -> Varchr,
        #[default = "1", identity]
        count -> Integer,
        mood -> Mod,
        #[max_length = 3]
        flag -> Bool,
        #[sql_type = "numeric(10"]
        price -> Numeric,
    }

    #[index(user_id, name = "posts_idx")]
    #[index(title, name = "posts_idx")]
    #[foreign_key((user_id, title) references users(id))]
    table posts (id, nothing) {
        id -> Nullable<Integer>,
        #[references(user.id)]
        user_id -> Integer,
        #[references(users.email)]
        title -> Text,
        #[references(users.ide, on_delete = cascad)]
        editor_id -> Integer,
        #[references(users.count)]
        other -> Uuid,
        id -> Integer,
    }
}
