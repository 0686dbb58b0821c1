#include "common/wire/metric_labels.h"

#include "common/base/text.h"
#include "common/wire/metric_sample.h"

#include <algorithm>
#include <array>

namespace evd::wire {

namespace {

constexpr std::array<std::string_view, 5> kReservedKeys = {"timestamp", "name", "type", "value",
                                                           "boot_id"};

bool isLabelText(std::string_view text) {
    return !text.empty() && text.find_first_of("=,") == std::string_view::npos &&
           base::isUtf8(text);
}

// For labels in order of their keys.
base::Result<void> checkLabels(std::span<const MetricLabel> labels) {
    if (labels.size() > kMetricLabelsMax) {
        return base::fail(base::ErrorKind::Invalid, "too many labels");
    }
    for (size_t i = 0; i < labels.size(); ++i) {
        if (!isLabelText(labels[i].key) || !isLabelText(labels[i].value)) {
            return base::fail(base::ErrorKind::Invalid,
                              "a label is empty, not UTF-8, or holds '=' or ','");
        }
        if (isReservedLabelKey(labels[i].key)) {
            return base::fail(base::ErrorKind::Invalid, "a label has the name of a field");
        }
        if (i > 0 && labels[i - 1].key >= labels[i].key) {
            return base::fail(base::ErrorKind::Invalid, "a label key is there twice");
        }
    }
    return {};
}

}  // namespace

bool isReservedLabelKey(std::string_view key) {
    return std::find(kReservedKeys.begin(), kReservedKeys.end(), key) != kReservedKeys.end();
}

base::Result<void> writeCanonicalLabels(std::vector<MetricLabel>& labels, std::string& out) {
    std::sort(labels.begin(), labels.end(), [](const MetricLabel& left, const MetricLabel& right) {
        return left.key < right.key;
    });
    EVD_TRY(checkLabels(labels));
    out.clear();
    for (const MetricLabel& label : labels) {
        if (!out.empty()) {
            out += ',';
        }
        out += label.key;
        out += '=';
        out += label.value;
    }
    if (out.size() > kMetricLabelTextBytesMax) {
        return base::fail(base::ErrorKind::Invalid, "the labels are too long");
    }
    return {};
}

base::Result<std::vector<MetricLabel>> readCanonicalLabels(std::string_view text) {
    std::vector<MetricLabel> labels;
    if (text.empty()) {
        return labels;
    }
    if (text.size() > kMetricLabelTextBytesMax) {
        return base::fail(base::ErrorKind::Invalid, "the labels are too long");
    }
    for (const std::string_view pair : base::split(text, ',')) {
        const size_t equals = pair.find('=');
        if (equals == std::string_view::npos) {
            return base::fail(base::ErrorKind::Invalid, "a label has no '='");
        }
        labels.push_back({pair.substr(0, equals), pair.substr(equals + 1)});
    }
    const auto checked = checkLabels(labels);
    if (!checked) {
        return checked.error();
    }
    return labels;
}

int64_t fnv1a(std::string_view bytes) {
    uint64_t hash = 0xCBF2'9CE4'8422'2325;
    for (const char byte : bytes) {
        hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100'0000'01B3;
    }
    return static_cast<int64_t>(hash);
}

}  // namespace evd::wire
