#pragma once

#include "common/base/thread.h"
#include "tests/campaign/findings.h"
#include "tests/support/raw_query.h"

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace evd::test {

// A question whose answer is known: how many records it has.
struct KnownAnswer {
    std::string question;
    uint64_t records;
};

enum class Manners {
    Honest,    // asks, reads to the end, and knows what the answer must be
    Slow,      // asks for much and reads it drop by drop
    Huge,      // asks questions as long and as deep as may be, and longer
    Broken,    // sends no question at all, or half of one
    Leaving,   // goes in the middle of the work
    Streaming  // follows, and goes without a word
};
inline constexpr size_t kManners = 6;
const char* mannersName(Manners manners);

// One client of a storm, on a thread of its own: one conversation after the other, each over a new
// connection, until stop(). Only honest ones judge what they get; nobody may be kept waiting for
// ever, though.
class StormClient {
  public:
    StormClient(std::string socket_path, Manners manners, uint64_t seed,
                const std::vector<KnownAnswer>& known, Findings& findings);
    ~StormClient() { join(); }

    void stop() { stopping_ = true; }
    void join() { thread_.join(); }
    Manners manners() const { return manners_; }
    uint64_t conversations() const { return conversations_; }
    // Of an honest one: questions that were answered, and such that were refused with a reason.
    uint64_t answers() const { return answers_; }
    uint64_t refusals() const { return refusals_; }

  private:
    void run();
    void converse(RawQuery& query);
    void askHonestly(RawQuery& query);
    void readSlowly(RawQuery& query);
    void askHugely(RawQuery& query);
    void sendNonsense(RawQuery& query);
    std::string hugeQuestion();
    uint64_t below(uint64_t limit) { return random_() % limit; }

    const std::string socket_path_;
    const Manners manners_;
    const std::vector<KnownAnswer>& known_;
    Findings& findings_;
    std::mt19937_64 random_;
    std::atomic<uint64_t> conversations_ = 0;
    std::atomic<uint64_t> answers_ = 0;
    std::atomic<uint64_t> refusals_ = 0;
    std::atomic<bool> stopping_ = false;
    base::Thread thread_;
};

}  // namespace evd::test
