#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace evd::evctl {

// A longer line is sent as several. Even if no byte of it is UTF-8, so that each becomes three, it
// fits a datagram.
inline constexpr size_t kLogLineBytesMax = 32 * 1024;

// Makes log messages out of a stream of bytes, however it is cut.
//
// Each line is one message, without its line break (LF or CR LF), empty ones included. What is not
// UTF-8 becomes U+FFFD. A line above kLogLineBytesMax is split, not inside a character. Keeps at
// most one such line. One thread.
class LineSplitter {
  public:
    using Sink = std::function<void(std::string_view message)>;

    void feed(std::string_view bytes, const Sink& sink);
    // The last line may lack its line break.
    void finish(const Sink& sink);

  private:
    void split(const Sink& sink);
    void pass(std::string_view line, const Sink& sink);

    std::string partial_;
};

}  // namespace evd::evctl
