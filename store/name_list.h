#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "store/text_set.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace evd::store {

// The table in which a database lists each name of its rows once - the types of its events, the
// origins of its log lines - so that questions need not look for them among the rows.
//
// A writer adds the name of every row; what is listed already costs no more than a look-up, and
// nothing at all when the row before had the same. names_max are remembered: somebody who invents
// names makes the list forget, which costs an ignored insert each, never a wrong row. Used by one
// writer's database, on its thread and within its transactions; what is remembered changes for good
// with a commit only. Must not outlive the connection.
class NameList {
  public:
    // Remembers what the table holds.
    static base::Result<std::unique_ptr<NameList>> open(db::Connection& connection,
                                                        std::string_view table,
                                                        std::string_view column, size_t names_max);

    base::Result<void> add(std::string_view name);
    void committed() { of_transaction_.clear(); }
    void rolledBack();

  private:
    NameList(std::unique_ptr<db::Statement> insert, size_t names_max)
        : names_max_(names_max), insert_(std::move(insert)) {}

    base::Result<void> load(db::Statement& query);
    base::Result<void> learn(std::string_view name);

    const size_t names_max_;
    const std::unique_ptr<db::Statement> insert_;
    TextSet known_;
    std::vector<std::string> of_transaction_;
    std::string last_;
};

}  // namespace evd::store
