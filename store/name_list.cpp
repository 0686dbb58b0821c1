#include "store/name_list.h"

#include "common/base/text.h"
#include "common/db/statements.h"

#include <utility>

namespace evd::store {

base::Result<std::unique_ptr<NameList>> NameList::open(db::Connection& connection,
                                                       std::string_view table,
                                                       std::string_view column, size_t names_max) {
    std::unique_ptr<db::Statement> insert;
    std::unique_ptr<db::Statement> query;
    const std::string insert_sql =
        base::cat("INSERT OR IGNORE INTO ", table, "(", column, ") VALUES (?1)");
    const std::string query_sql = base::cat("SELECT ", column, " FROM ", table, " LIMIT ?1");
    const auto prepared = db::prepareAll(connection, {{insert, insert_sql}, {query, query_sql}});
    if (!prepared) {
        return prepared.error();
    }
    std::unique_ptr<NameList> list(new NameList(std::move(insert), names_max));
    const auto loaded = list->load(*query);
    if (!loaded) {
        return loaded.error();
    }
    return list;
}

base::Result<void> NameList::load(db::Statement& query) {
    query.bindInteger(1, static_cast<int64_t>(names_max_));
    for (;;) {
        auto row = query.step();
        if (!row || !row.value()) {
            return row ? base::Result<void>() : row.error();
        }
        known_.emplace(query.columnText(0));
    }
}

base::Result<void> NameList::add(std::string_view name) {
    // Rows of one name come together; most are recognised without hashing. An empty last_ says
    // nothing: it is what it begins as.
    if (name.empty() || name != last_) {
        EVD_TRY(learn(name));
        last_ = name;
    }
    return {};
}

base::Result<void> NameList::learn(std::string_view name) {
    if (known_.find(name) != known_.end()) {
        return {};
    }
    if (known_.size() >= names_max_) {
        known_.clear();
        of_transaction_.clear();
    }
    insert_->bindText(1, name);
    EVD_TRY(db::runOnce(*insert_));
    known_.emplace(name);
    of_transaction_.emplace_back(name);
    return {};
}

void NameList::rolledBack() {
    for (const std::string& name : of_transaction_) {
        known_.erase(name);
    }
    of_transaction_.clear();
    last_.clear();
}

}  // namespace evd::store
