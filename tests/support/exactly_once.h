#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// What an independent reader finds in an event store: every sequence number of every cpu that was
// stored or recorded as lost, and where the promise "exactly once" is broken.
struct ExactlyOnceReport {
    uint64_t events = 0;
    uint64_t gap_records = 0;
    uint64_t lost = 0;  // sequence numbers covered by gap records
    // The `n` field of every stored test event (EmitterRecord in the chaos test).
    std::multiset<uint64_t> numbers;
    // One sentence per broken promise: stored twice, stored and recorded as lost, recorded as lost
    // twice, or neither between 1 and the greatest number.
    // So too: rows and receipts of a cpu that do not say the same, a gap record that covers no
    // numbers, a file or a part of it that could not be read.
    std::vector<std::string> violations;
    // By boot (hex) and cpu: the greatest number up to which everything is stored or recorded.
    std::map<std::pair<std::string, int64_t>, uint64_t> complete_until;
    // By boot and cpu too: the first and the last number of each gap record.
    std::map<std::pair<std::string, int64_t>, std::vector<std::pair<uint64_t, uint64_t>>> gaps;
    std::map<std::string, int64_t> synthetic;  // records without a sequence number, by type

    // How many of the numbers are different ones.
    size_t distinct() const { return std::set<uint64_t>(numbers.begin(), numbers.end()).size(); }
    uint64_t reach(const std::string& boot, int64_t cpu) const {
        const auto found = complete_until.find({boot, cpu});
        return found == complete_until.end() ? 0 : found->second;
    }
};

// What does not hold when each of these numbers was acknowledged and so many may be lost, with gap
// records: the report's violations, more that are lost, some that are neither stored nor may be
// lost, some that are stored twice. None at all having been acknowledged proves nothing, and is one
// too. A sentence each.
std::vector<std::string> checkAcknowledged(const ExactlyOnceReport& report,
                                           const std::set<uint64_t>& acknowledged,
                                           uint64_t lost_max = 0);

// Reads every shard below the folder with plain SQL, sharing nothing with the product but the
// published schema. Only events of type `event_type` contribute numbers; all count for sequences.
ExactlyOnceReport checkExactlyOnce(const std::string& event_folder, const std::string& event_type);

}  // namespace evd::test
