#pragma once

#include "common/config/lcs_calls.h"
#include "common/config/lcs_watch.h"
#include "common/config/registry.h"

#include <optional>
#include <string>
#include <vector>

namespace evd::config {

inline constexpr size_t kLcsKeysMax = 10'000;
inline constexpr size_t kLcsValuesMax = 10'000;
inline constexpr size_t kLcsDepthMax = 16;
inline constexpr size_t kLcsAnswerBytesMax = size_t{64} << 20;

// The registry of a Peios kernel (PSD-005), where there is one.
//
// read() reads everything below our key, or nothing: a registry that does not answer, or denies a
// part, leaves the values it had when it last was read whole, and a problem; if it never was, what
// it sets is not known (decision 0008), and reading is tried again by itself. A key that is not
// there sets nothing. Beyond the limits above it counts as unreadable. A default descriptor
// (Security\Events\*, and of logs and metrics) that is missing is read as one that is set to
// nothing, which closes the kind: here the defaults are values, not ours to assume (PSD-008 §9.1,
// Ruling A10).
//
// watchPaths() is empty; changeFd() tells of changes. The calls outlive it. One thread; calls may
// wait for the registry's server.
class LcsRegistry final : public Registry {
  public:
    explicit LcsRegistry(const LcsCalls& calls, int retry_ms = kLcsRetryMs)
        : calls_(calls), watch_(calls, retry_ms) {}

    RegistrySnapshot read() override;
    std::vector<std::string> watchPaths() const override { return {}; }
    int changeFd() const override { return watch_.fd(); }
    bool takeChanges() override { return watch_.take(); }

  private:
    const LcsCalls& calls_;
    LcsWatch watch_;
    std::optional<RegistrySnapshot> last_good_;
};

// Creates the default descriptors that are missing (PSD-008 §9.1): all of them when this is the
// first start, later only those of a kind whose key is gone, because a default that somebody has
// removed from its key is to stay removed. Answers what could not be done; adds to `created` the
// names of what was. Called by the supervisor, before it reads.
std::vector<Problem> createLcsDefaults(const LcsCalls& calls, bool is_first_start,
                                       std::vector<std::string>& created);

}  // namespace evd::config
