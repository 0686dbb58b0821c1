#pragma once

#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::queryd {

// Tells of most payloads that cannot satisfy a question's conditions per row that they cannot,
// without passing over all of them.
//
// A text that contains what is asked for lies in the payload as it is, whatever field it is in. A
// field whose name has no dots can only be the first of that name in the outermost map, so that its
// value decides as soon as it is met (Ruling Q9). What passes is judged as ever, because only then
// is the whole payload looked at: one that is malformed has no fields at all. A probe that
// lets too many pass is not worth its time and says so. One thread; the plan outlives it.
class PayloadProbe {
  public:
    // Nothing, where the conditions leave nothing to look for.
    static std::optional<PayloadProbe> of(const RecordPlan& plan);

    // False: the payload satisfies not all conditions. True says nothing.
    bool mayHold(std::span<const uint8_t> payload);

    // False once it has let too many payloads pass: asking then costs more than it spares.
    bool isWorthIt() const { return asked_ < kAskedMin || passed_ < asked_ / kPassedShare * 2; }

  private:
    static constexpr uint64_t kAskedMin = 1024;
    static constexpr uint64_t kPassedShare = 3;  // two of three may pass

    // One condition's bytes, or those of several.
    struct Need {
        enum class Kind { All, Any, Text, Field };
        Kind kind = Kind::All;
        std::vector<Need> parts;                // All, Any
        std::string bytes;                      // Text: the text; Field: its name
        const Condition* comparison = nullptr;  // Field
        std::vector<int64_t> integers;          // Field: where any of these is all that will do
    };

    explicit PayloadProbe(Need need) : need_(std::move(need)) {}
    static std::optional<Need> needOf(const RecordPlan& plan, const Condition& condition);
    static std::optional<Need> needOfComparison(const RecordPlan& plan, const Condition& condition);
    static std::optional<Need> needOfTexts(const Condition& condition);
    static bool isMet(const Need& need, std::span<const uint8_t> payload);
    static bool hasField(const Need& need, std::span<const uint8_t> payload);

    Need need_;
    uint64_t asked_ = 0;
    uint64_t passed_ = 0;
};

}  // namespace evd::queryd
