#pragma once

#include "common/access/field_access.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evd::queryd {

// For looking a record's field list up without copying it.
size_t hashOfFields(std::span<const std::string_view> names);

// What a verdict was about. `fields` is empty where the pattern has no rules for fields, and where
// it is about the telltales of those it has (access::telltaleFields).
struct VerdictKey {
    uint64_t generation = 0;  // of the policy
    size_t pattern = 0;       // its id in that policy's table
    std::string token_key;
    std::vector<std::string> fields;
    bool telltales = false;

    bool operator==(const VerdictKey&) const = default;
};

// Verdicts by (token, pattern, field set) (Spec §9.2, Ruling A7), for all questions together.
//
// So that ten thousand records of twenty types cost twenty checks and not ten thousand. Any thread;
// one mutex, which questions seldom take because each keeps what it has met (RecordAccess). Holds
// two generations of kVerdictsMax / 2 verdicts or kBytesMax / 2 bytes of names each: when the young
// one is full it becomes the old one, whose verdicts come back when they are asked for; what was
// not asked for meanwhile goes. clear() is called when the policy changes; what a question that
// began before puts in afterwards bears the old policy's generation, and nobody finds it.
class VerdictCache {
  public:
    static constexpr size_t kVerdictsMax = 16'384;
    static constexpr size_t kBytesMax = size_t{16} << 20;

    using Verdict = std::shared_ptr<const access::FieldVerdict>;  // never changes

    Verdict find(const VerdictKey& key);
    void put(VerdictKey key, Verdict verdict);
    void clear();
    size_t size() const;

  private:
    struct Hash {
        size_t operator()(const VerdictKey& key) const;
    };
    struct Half {
        std::unordered_map<VerdictKey, Verdict, Hash> verdicts;
        size_t bytes = 0;
    };

    void add(VerdictKey key, Verdict verdict);

    mutable std::mutex mutex_;
    Half young_;
    Half old_;
};

}  // namespace evd::queryd
