#include "tests/campaign/findings.h"

#include "common/base/text.h"

#include <iostream>

namespace evd::test {

namespace {

using base::cat;

uint64_t total(const std::map<std::string, uint64_t>& counts) {
    uint64_t sum = 0;
    for (const auto& [name, count] : counts) {
        sum += count;
    }
    return sum;
}

// "3 kill, 1 stop"
std::string list(const std::map<std::string, uint64_t>& counts) {
    std::string text;
    for (const auto& [name, count] : counts) {
        text += cat(text.empty() ? "" : ", ", count, " ", name);
    }
    return text;
}

}  // namespace

void Findings::injected(const std::string& fault, uint64_t count) {
    if (count > 0) {
        const std::lock_guard lock(mutex_);
        faults_[fault] += count;
    }
}

void Findings::checked(const std::string& property, uint64_t count) {
    if (count > 0) {
        const std::lock_guard lock(mutex_);
        properties_[property] += count;
    }
}

void Findings::noted(const std::string& what, uint64_t count) {
    const std::lock_guard lock(mutex_);
    notes_[what] += count;
}

void Findings::violated(const std::string& sentence) {
    const std::lock_guard lock(mutex_);
    if (++violations_ <= kPrintedMax) {
        std::cout << cat(heading_, ": VIOLATED: ", sentence, "\n") << std::flush;
    }
}

bool Findings::expect(bool holds, const std::string& property, const std::string& sentence) {
    checked(property);
    if (!holds) {
        violated(sentence);
    }
    return holds;
}

uint64_t Findings::injectedCount() const {
    const std::lock_guard lock(mutex_);
    return total(faults_);
}

uint64_t Findings::violations() const {
    const std::lock_guard lock(mutex_);
    return violations_;
}

std::string Findings::summary() const {
    const std::lock_guard lock(mutex_);
    return cat(heading_, ": ", total(faults_), " faults injected (", list(faults_), "); ",
               total(properties_), " properties checked (", list(properties_), ")",
               notes_.empty() ? "" : "; ", list(notes_), ": ", violations_, " violations");
}

}  // namespace evd::test
