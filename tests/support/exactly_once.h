#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
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
    // So too: rows and receipts of a cpu that do not say the same, a file or a part of it that
    // could not be read.
    std::vector<std::string> violations;
    // By boot (hex) and cpu: the greatest number up to which everything is stored or recorded.
    std::map<std::pair<std::string, int64_t>, uint64_t> complete_until;
    std::map<std::string, int64_t> synthetic;  // records without a sequence number, by type

    // How many of the numbers are different ones.
    size_t distinct() const { return std::set<uint64_t>(numbers.begin(), numbers.end()).size(); }
    uint64_t reach(const std::string& boot, int64_t cpu) const {
        const auto found = complete_until.find({boot, cpu});
        return found == complete_until.end() ? 0 : found->second;
    }
};

// One integer field of a flat msgpack map, as of a test event's payload; 0 when it is not there.
uint64_t numberField(std::span<const uint8_t> payload, std::string_view name);

// Reads every shard below the folder with plain SQL, sharing nothing with the product but the
// published schema. Only events of type `event_type` contribute numbers; all count for sequences.
ExactlyOnceReport checkExactlyOnce(const std::string& event_folder, const std::string& event_type);

}  // namespace evd::test
