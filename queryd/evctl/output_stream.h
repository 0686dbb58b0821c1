#pragma once

#include "common/base/result.h"

#include <string>

namespace evd::evctl {

// Standard output, written in large pieces.
//
// Gone when its reader has closed it, which is no failure for evctl (contracts §7); Io when it
// cannot be written (disk full). SIGPIPE must be ignored. One thread.
class OutputStream {
  public:
    explicit OutputStream(int fd) : fd_(fd) {}

    // Where the next bytes are appended.
    std::string& buffer() { return buffer_; }
    // Writes when much has gathered.
    base::Result<void> drain();
    base::Result<void> flush();
    // True once its reader has gone.
    bool closed() const { return closed_; }

  private:
    int fd_;
    bool closed_ = false;
    std::string buffer_;
};

}  // namespace evd::evctl
