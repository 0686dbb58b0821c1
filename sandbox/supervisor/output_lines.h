#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace evd::supervisor {

inline constexpr size_t kLastLinesMax = 20;
inline constexpr size_t kLastLineBytesMax = 400;  // of each; the rest of it is cut off
inline constexpr size_t kLineBytesMax = 4000;     // a longer one is broken
inline constexpr int kLinesBurstMax = 1000;
inline constexpr int kLinesPerSecond = 100;

// What one program says on stderr: cut into lines, the last ones kept for the report of its end.
//
// Programs are not trusted with our stderr: control characters become question marks and what is no
// UTF-8 U+FFFD, so that nobody steers a terminal, and after kLinesBurstMax lines only
// kLinesPerSecond more are passed on, with a word on how many were left out. Those are still kept.
// Pure: time comes as an argument and must not run backwards. Owned by one incarnation of a
// program.
class OutputLines {
  public:
    // `program` is named where lines were left out.
    explicit OutputLines(std::string program);

    // Takes bytes as they come; answers the lines to pass on, each with its end.
    std::string take(std::string_view bytes, int64_t now_ns);
    // The program is gone: what is left without an end is a line too.
    std::string finish(int64_t now_ns);

    const std::deque<std::string>& last() const { return last_; }

  private:
    void endLine(std::string& out, int64_t now_ns);
    bool mayPass(int64_t now_ns);

    std::string program_;
    std::string line_;
    std::deque<std::string> last_;
    int64_t credit_ns_ = 0;  // what it may still say, in time
    int64_t credited_at_ns_ = 0;
    uint64_t left_out_ = 0;
};

}  // namespace evd::supervisor
