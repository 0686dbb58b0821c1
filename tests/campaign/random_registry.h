#pragma once

#include "tests/support/group.h"

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace evd::test {

// A live setting that has hardly ever the value that settled() gives it before that.
inline constexpr const char* kMarkerSetting = "QueryTimeoutMs";

// Registry files by chance: right ones, with values of any setting within its range, and wrong ones
// of every kind that a person, an editor or a full disk leaves behind.
//
// No right value deletes records: retention by bytes stays off or huge. What a file must hold in
// any case (`always`) are the values that the group was started with. One thread.
class RandomRegistry {
  public:
    RandomRegistry(std::mt19937_64& random, std::vector<RegistryValue> always)
        : random_(random), always_(std::move(always)) {}

    // Some settings, live ones and such that wait for a start.
    std::string good();
    // Some of them out of range, of a wrong type, or none at all.
    std::string withBadValues();
    // No registry file: cut off, not JSON, too large, of the wrong shape.
    std::string broken();
    // Every live setting that is a number, and what each of them is then.
    std::string settled(std::map<std::string, uint64_t>& values);

  private:
    uint64_t below(uint64_t limit) { return random_() % limit; }
    std::string goodValue(size_t spec);
    std::string badValue(size_t spec);
    std::string file(const std::vector<std::string>& plain,
                     const std::vector<std::string>& of_linux) const;
    template <typename Value>
    std::string someValues(const Value& value);

    std::mt19937_64& random_;
    const std::vector<RegistryValue> always_;
};

}  // namespace evd::test
