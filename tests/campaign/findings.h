#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace evd::test {

// What a campaign did and what came of it: faults by kind, properties by name with how often each
// was looked at, and one sentence for every one that did not hold.
//
// Filled from any thread. A violation is printed at once, so that a campaign which then hangs has
// still told of it; beyond kPrintedMax they are only counted.
class Findings {
  public:
    explicit Findings(std::string heading) : heading_(std::move(heading)) {}

    void injected(const std::string& fault, uint64_t count = 1);
    void checked(const std::string& property, uint64_t count = 1);
    void violated(const std::string& sentence);
    // Something worth a number in the summary that is neither.
    void noted(const std::string& what, uint64_t count);

    // Counts the property as looked at; a violation with that sentence unless it holds.
    bool expect(bool holds, const std::string& property, const std::string& sentence);

    uint64_t injectedCount() const;
    uint64_t violations() const;
    // One line.
    std::string summary() const;

  private:
    static constexpr uint64_t kPrintedMax = 20;

    const std::string heading_;
    mutable std::mutex mutex_;
    std::map<std::string, uint64_t> faults_;
    std::map<std::string, uint64_t> properties_;
    std::map<std::string, uint64_t> notes_;
    uint64_t violations_ = 0;
};

}  // namespace evd::test
