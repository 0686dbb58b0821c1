#pragma once

#include "common/base/result.h"
#include "queryd/evctl/pager.h"

#include <string>

namespace evd::evctl {

// Standard output, or a file, written in large pieces, and through the person's pager when they are
// long.
//
// Gone when its reader has closed it, which is no failure for evctl (contracts §7); Io when it
// cannot be written (disk full); what could not be written then stays in the buffer. SIGPIPE must
// be ignored. One thread.
class OutputStream {
  public:
    explicit OutputStream(int fd, std::string name = "standard output")
        : fd_(fd), name_(std::move(name)) {}

    // From now on the first piece that is written decides: does it not fit on a screen of this
    // size, a pager is started for it and what follows. For terminals only.
    void pageWhenLong(std::string pager, size_t rows, size_t columns);
    // The answer is whole: waits for the pager, if there is one.
    void endPage();

    // Where the next bytes are appended.
    std::string& buffer() { return buffer_; }
    // Writes when much has gathered.
    base::Result<void> drain();
    base::Result<void> flush();
    // True once its reader has gone.
    bool closed() const { return closed_; }

  private:
    void decidePage();
    // Counts in `done` what was written, whatever it answers.
    base::Result<void> writeFrom(int fd, size_t& done);

    int fd_;
    std::string name_;  // for errors
    bool closed_ = false;
    std::string buffer_;
    std::string pager_command_;  // "" when the decision was made, or none is wanted
    size_t rows_ = 0;
    size_t columns_ = 0;
    Pager pager_;
};

}  // namespace evd::evctl
