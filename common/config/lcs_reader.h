#pragma once

#include "common/base/fd.h"
#include "common/config/lcs_calls.h"
#include "common/config/lcs_values.h"
#include "common/config/registry.h"

#include <string>
#include <vector>

namespace evd::config {

// Reads a key of LCS and all below it into a snapshot; lives for one reading.
//
// Buffers grow to what the kernel says it takes, and only so often: a key that keeps growing is
// read by the next one. A subkey that goes while it is being read is one that was not there.
class LcsReader {
  public:
    explicit LcsReader(const LcsCalls& calls) : calls_(calls) {}

    // 0, or the negative errno that ended it; snapshot() is worth nothing then.
    int readTree(int key, const std::string& name);
    int readValues(int key, std::vector<LcsValue>& values);
    int listSubkeys(int key, std::vector<std::string>& names);
    RegistrySnapshot& snapshot() { return snapshot_; }

  private:
    int readLevel(int key, const std::string& name, size_t depth);
    int readName(int key, uint32_t index, std::string& name);
    void keep(const std::string& key, LcsValue value);

    const LcsCalls& calls_;
    RegistrySnapshot snapshot_;
    size_t keys_ = 0;
};

}  // namespace evd::config
