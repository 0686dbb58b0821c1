#pragma once

#include "common/base/fd.h"

#include <sys/types.h>
#include <string>
#include <vector>

namespace evd::test {

// The sqlite3 shell of the system, as an administrator has it open: one process with one connection
// that is kept between questions, and so can hold a transaction open.
//
// Errors come back among the answers. The destructor closes its input and waits for its end. A
// shell that has died answers with what it said last, and so does one that says nothing for
// kPatienceMs: that one is killed. One thread.
class SqliteShell {
  public:
    SqliteShell(const std::string& database, const std::vector<std::string>& options);
    ~SqliteShell();
    SqliteShell(const SqliteShell&) = delete;
    SqliteShell& operator=(const SqliteShell&) = delete;

    // What the lines print, without the last line's end.
    std::string ask(const std::string& lines);
    // As Ctrl-D; the exit status, or -1 when it was killed.
    int quit();

  private:
    // Adds what it says next; false when it will say nothing more.
    bool readSome(std::string& said);

    pid_t pid_ = -1;
    int exit_status_ = -1;
    base::Fd talk_;  // a socket: who writes to a pipe that nobody reads is ended by a signal
};

}  // namespace evd::test
