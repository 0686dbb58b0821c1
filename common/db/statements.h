#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>

namespace evd::db {

// What is done again and again with statements that live as long as their connection: preparing
// several at once, running one, asking one for a number, running some as one transaction.
//
// Every statement is reset before the call returns (Row: when it ends), whatever came of it, since
// one that is forgotten half-way keeps a snapshot open and its bindings alive. On the connection's
// thread; errors are those of Statement::step() and Connection::prepare().

struct Prepared {
    std::unique_ptr<Statement>& statement;
    std::string_view sql;
};
// In that order, up to the first that cannot be prepared.
base::Result<void> prepareAll(Connection& connection, std::initializer_list<Prepared> all);

// Runs a statement that answers no rows.
base::Result<void> runOnce(Statement& statement);

// The one integer that a statement answers; nothing for NULL or no row.
base::Result<std::optional<int64_t>> oneInteger(Statement& statement);
base::Result<std::optional<int64_t>> askInteger(Connection& connection, std::string_view sql);

// What `action` writes, as one transaction: all of it or, when the action or the commit fails,
// nothing.
base::Result<void> inTransaction(Connection& connection,
                                 const std::function<base::Result<void>()>& action);

// Whether there is a row; the statement stands on it until this ends.
class Row {
  public:
    explicit Row(Statement& statement) : statement_(statement), found_(statement.step()) {}
    ~Row() { statement_.reset(); }
    Row(const Row&) = delete;
    Row& operator=(const Row&) = delete;

    const base::Result<bool>& found() const { return found_; }

  private:
    Statement& statement_;
    const base::Result<bool> found_;
};

}  // namespace evd::db
