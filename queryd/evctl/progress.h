#pragma once

#include "common/base/thread.h"

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace evd::evctl {

enum class ProgressUnit { Records, Bytes };

// What is known of work that goes on.
struct ProgressFacts {
    std::string_view doing;  // "reading"
    ProgressUnit unit = ProgressUnit::Records;
    uint64_t done = 0;
    uint64_t total = 0;  // at most so much; 0: nobody knows
    int64_t elapsed_ms = 0;
};

// One line of it: how much, how fast, and how long it will still take where that can be known.
// Pure.
std::string progressText(const ProgressFacts& facts);

// Shows on standard error, if that is a terminal, how work goes on that takes longer than a second.
//
// A thread of its own draws the line again and again, so that it also counts the seconds in which
// nothing comes. stop() wipes it away; whoever prints to the same terminal stops it first. Numbers
// may be given from the one thread that works.
class Progress {
  public:
    Progress(std::string_view doing, ProgressUnit unit, uint64_t total);
    ~Progress() { stop(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void add(uint64_t amount);
    // Another part of the work begins at nothing.
    void next(std::string_view doing, uint64_t total);
    void stop();

  private:
    void draw();

    std::mutex mutex_;
    std::condition_variable ended_;
    ProgressFacts facts_;
    int64_t started_ns_ = 0;
    bool is_ending_ = false;
    std::unique_ptr<base::Thread> drawer_;
};

// What is left of standard input when it is a file, and so the total of its reading; else 0.
uint64_t standardInputBytes();

}  // namespace evd::evctl
