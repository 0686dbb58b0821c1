#pragma once

#include "common/base/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace evd::evctl {

// A line of a file. One that is longer than the limit is told once, with its beginning only.
struct ImportLine {
    uint64_t number = 0;  // from 1
    std::string_view text;
    bool is_too_long = false;
};

// Cuts a file into numbered lines, however its bytes come. LF and CR LF end a line; the last one
// may lack it. Holds at most one line of bytes_max. One thread.
class ImportLines {
  public:
    using Sink = std::function<base::Result<void>(const ImportLine& line)>;

    explicit ImportLines(size_t bytes_max) : bytes_max_(bytes_max) {}

    base::Result<void> feed(std::string_view bytes, const Sink& sink);
    base::Result<void> finish(const Sink& sink);

  private:
    base::Result<void> pass(std::string_view text, const Sink& sink);

    size_t bytes_max_;
    std::string partial_;
    uint64_t number_ = 0;
    bool is_too_long_ = false;  // the rest of the line is passed over
};

}  // namespace evd::evctl
