#include "queryd/access/verdict_cache.h"

#include <functional>
#include <utility>

namespace evd::queryd {

namespace {

// A table's node, the key's and the verdict's own structures, roughly.
constexpr size_t kEntryBytes = 256;

// So that the names "ab", "c" and "a", "bc" differ.
size_t mix(size_t hash, size_t more) {
    return (hash ^ more) * size_t{0x9E37'79B9'7F4A'7C15} + (hash >> 7);
}

size_t bytesOf(const VerdictKey& key) {
    size_t bytes = kEntryBytes + key.token_key.size();
    for (const std::string& field : key.fields) {
        bytes += sizeof(std::string) + field.size();
    }
    return bytes;
}

}  // namespace

size_t hashOfFields(std::span<const std::string_view> names) {
    size_t hash = names.size();
    for (const std::string_view name : names) {
        hash = mix(hash, std::hash<std::string_view>()(name));
    }
    return hash;
}

size_t VerdictCache::Hash::operator()(const VerdictKey& key) const {
    size_t hash = mix(key.generation, key.pattern * 2 + (key.telltales ? 1 : 0));
    hash = mix(hash, std::hash<std::string>()(key.token_key));
    for (const std::string& field : key.fields) {
        hash = mix(hash, std::hash<std::string>()(field));
    }
    return hash;
}

VerdictCache::Verdict VerdictCache::find(const VerdictKey& key) {
    const std::lock_guard lock(mutex_);
    const auto young = young_.verdicts.find(key);
    if (young != young_.verdicts.end()) {
        return young->second;
    }
    const auto old = old_.verdicts.find(key);
    if (old == old_.verdicts.end()) {
        return nullptr;
    }
    Verdict verdict = old->second;
    add(key, verdict);
    return verdict;
}

void VerdictCache::put(VerdictKey key, Verdict verdict) {
    const std::lock_guard lock(mutex_);
    add(std::move(key), std::move(verdict));
}

void VerdictCache::add(VerdictKey key, Verdict verdict) {
    const size_t bytes = bytesOf(key);
    if (young_.verdicts.size() >= kVerdictsMax / 2 || young_.bytes + bytes > kBytesMax / 2) {
        old_ = std::move(young_);
        young_ = {};
    }
    // Two questions may have found the same verdict missing at the same time.
    if (young_.verdicts.try_emplace(std::move(key), std::move(verdict)).second) {
        young_.bytes += bytes;
    }
}

void VerdictCache::clear() {
    const std::lock_guard lock(mutex_);
    young_ = {};
    old_ = {};
}

size_t VerdictCache::size() const {
    const std::lock_guard lock(mutex_);
    return young_.verdicts.size() + old_.verdicts.size();
}

}  // namespace evd::queryd
