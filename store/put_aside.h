#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"

#include <functional>
#include <string>
#include <utility>

namespace evd::store {

// A database that was put aside while it was in use, as long as it has not said what it holds.
//
// A commit that failed may be in it after all: its log may have been complete when the disk
// refused. Whoever was told to send again does so, and must not be believed before the database was
// asked. One that cannot be read stays unasked for kAttemptsMax attempts; then the writer goes on
// without, since the rings do not wait. Used by one writer, on its thread.
class PutAside {
  public:
    static constexpr int kAttemptsMax = 5;

    using Read = std::function<base::Result<void>(db::Connection&)>;

    PutAside() = default;
    explicit PutAside(std::string path) { set(std::move(path)); }

    void set(std::string path);
    // Asks with `read` what has not been asked. An error: nothing is known yet, come again.
    base::Result<void> ask(const Read& read);

  private:
    std::string path_;  // empty: there is none
    int attempts_left_ = 0;
};

}  // namespace evd::store
