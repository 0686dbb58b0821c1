#pragma once

#include "common/base/result.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::wire {

// The labels of a metric series and their canonical text (Spec §6.1, §7.1).
//
//      core=0,host=server1          sorted by key (bytes), '=' within and ',' between the pairs
//
// The text is what makes a series the same series, so there is exactly one for each set of labels:
// keys are unique, neither keys nor values are empty, not UTF-8 or hold '=' or ','. Keys that a
// result shows as fields of its own - timestamp, name, type, value, boot_id - are refused (Ruling
// L2). Limits: kMetricLabelsMax labels, kMetricLabelTextBytesMax bytes of text. Pure.
struct MetricLabel {
    std::string_view key;
    std::string_view value;
    bool operator==(const MetricLabel&) const = default;
};

// Whether a key is one of those that are refused. Pure.
bool isReservedLabelKey(std::string_view key);

// Sorts the labels and writes their text over `out`; Invalid leaves `out` unspecified.
base::Result<void> writeCanonicalLabels(std::vector<MetricLabel>& labels, std::string& out);

// The labels of a canonical text, pointing into it; Invalid when it is not canonical.
base::Result<std::vector<MetricLabel>> readCanonicalLabels(std::string_view text);

// FNV-1a over the bytes, 64 bits, as the integer that SQLite stores.
int64_t fnv1a(std::string_view bytes);

}  // namespace evd::wire
