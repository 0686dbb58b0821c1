#pragma once

#include "queryd/evctl/session_context.h"

#include <map>
#include <string>
#include <vector>

namespace evd::evctl {

inline constexpr int64_t kNamesKeptNs = int64_t{30} * 1'000'000'000;
inline constexpr uint64_t kNamesLimitMs = 1'500;  // of each question
inline constexpr size_t kNamesMax = 4'096;        // of a list

// The names that are in the live store now, for completion: event types, origins, metrics, and the
// fields of an event type.
//
// Each list is asked for when it is first wanted, with a short limit of time, and kept for
// kNamesKeptNs; a question that fails has no names. At most kNamesMax of a list. One thread.
class LiveNames {
  public:
    explicit LiveNames(const SessionContext& context) : context_(context) {}

    const std::vector<std::string>& eventTypes();
    const std::vector<std::string>& origins();
    const std::vector<std::string>& metrics();
    // Of the newest events of that type; of any when it is empty.
    const std::vector<std::string>& eventFields(const std::string& type);

  private:
    struct Kept {
        int64_t asked_at_ns = 0;
        std::vector<std::string> names;
    };

    const std::vector<std::string>& kept(const std::string& question, const std::string& field);
    void ask(const std::string& question, const std::string& field,
             std::vector<std::string>& names) const;

    const SessionContext& context_;
    std::map<std::string, Kept, std::less<>> lists_;  // by question
};

}  // namespace evd::evctl
