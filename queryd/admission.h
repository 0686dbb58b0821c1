#pragma once

#include "common/base/result.h"
#include "queryd/access/authority.h"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace evd::queryd {

// Live settings of the same names (Spec §8.6, §8.7; contracts §3).
struct AdmissionLimits {
    uint64_t queries_max = 128;   // MaxConcurrentQueries
    uint64_t streaming_max = 64;  // MaxStreamingQueries
    uint64_t per_user_max = 32;   // MaxQueriesPerUser; SYSTEM is exempt
};

// Decides how many questions run at once, in all and for one user.
//
// A question takes a slot before anything of it is looked at; once its text shows that it streams,
// the same slot is asked to become a streaming one. Limits may change at any time: a lower one
// refuses newcomers and lets those who are in finish. Refusals are Busy, and their text names the
// limit. Any thread; outlives its slots.
class Admission {
  public:
    // One question's place; gives it back when it goes.
    class Slot {
      public:
        Slot() = default;
        Slot(Slot&& other) noexcept;
        Slot& operator=(Slot&& other) noexcept;
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;
        ~Slot() { release(); }

        base::Result<void> becomeStreaming();
        void release();

      private:
        friend class Admission;
        Slot(Admission& admission, std::string user_sid)
            : admission_(&admission), user_sid_(std::move(user_sid)) {}

        Admission* admission_ = nullptr;
        std::string user_sid_;
        bool streaming_ = false;
    };

    struct Counts {
        uint32_t running = 0;
        uint32_t streaming = 0;
        uint64_t started = 0;
        uint64_t refused = 0;
    };

    explicit Admission(AdmissionLimits limits) : limits_(limits) {}
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    base::Result<Slot> admit(const Caller& caller);
    void setLimits(AdmissionLimits limits);
    Counts counts() const;

  private:
    base::Result<void> admitStreaming();
    void giveBack(const std::string& user_sid, bool streaming);

    mutable std::mutex mutex_;
    AdmissionLimits limits_;
    Counts counts_;
    std::map<std::string, uint64_t> by_user_;  // user SID -> running questions, never zero
};

}  // namespace evd::queryd
