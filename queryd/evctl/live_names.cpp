#include "queryd/evctl/live_names.h"

#include "common/base/text.h"
#include "queryd/evctl/output/field_value.h"
#include "queryd/evctl/output/record_fields.h"

#include <set>

namespace evd::evctl {

namespace {

// Collects the values of one field, or the names of all fields when it is empty.
class NameReader final : public queryd::AnswerReader {
  public:
    explicit NameReader(const std::string& field) : field_(field) {}

    base::Result<void> record(std::span<const uint8_t> record) override {
        EVD_TRY(readFields(record, fields_));
        for (const FieldView& each : fields_) {
            if (field_.empty()) {
                add(each.name);
            } else if (each.name == field_) {
                add(textOf(each.value).value_or(""));
            }
        }
        return {};
    }
    base::Result<void> initialComplete() override { return {}; }
    base::Result<void> burstComplete() override { return {}; }

    const std::set<std::string, std::less<>>& names() const { return names_; }

  private:
    void add(std::string_view name) {
        if (!name.empty() && names_.size() < kNamesMax && names_.find(name) == names_.end()) {
            names_.emplace(name);
        }
    }

    const std::string& field_;
    std::vector<FieldView> fields_;
    std::set<std::string, std::less<>> names_;
};

}  // namespace

const std::vector<std::string>& LiveNames::eventTypes() {
    return kept("EVENTS SINCE 1d ago DISTINCT event_type", "event_type");
}

const std::vector<std::string>& LiveNames::origins() {
    return kept("LOGS SINCE 1d ago DISTINCT origin", "origin");
}

const std::vector<std::string>& LiveNames::metrics() {
    // Histograms answer to percentiles only, and nothing else does.
    const auto& histograms = kept("METRIC *[] WHERE type == \"histogram\" P50 SELECT name", "name");
    const auto& others = kept("METRIC *[] WHERE type != \"histogram\" SELECT name", "name");
    std::vector<std::string>& all = lists_["metrics"].names;
    all = others;
    all.insert(all.end(), histograms.begin(), histograms.end());
    return all;
}

const std::vector<std::string>& LiveNames::eventFields(const std::string& type) {
    const bool is_plain = !type.empty() && type.find_first_of("\"\\ \n") == std::string::npos;
    return kept(
        base::cat("EVENTS ", is_plain ? base::cat('"', type, '"') : "", " SINCE 1d ago TAKE 50"),
        "");
}

const std::vector<std::string>& LiveNames::kept(const std::string& question,
                                                const std::string& field) {
    Kept& list = lists_[question];
    const int64_t now_ns = context_.clock.monotonicNs();
    if (list.asked_at_ns == 0 || now_ns - list.asked_at_ns > kNamesKeptNs) {
        ask(question, field, list.names);
        list.asked_at_ns = now_ns;
    }
    return list.names;
}

void LiveNames::ask(const std::string& question, const std::string& field,
                    std::vector<std::string>& names) const {
    const auto channel = openChannel(context_);
    if (!channel.ok()) {
        return;
    }
    NameReader reader(field);
    const queryd::AskOptions options{kNamesLimitMs, /*watch=*/false};
    if (channel.value()->ask(question, options, reader).ok()) {
        names.assign(reader.names().begin(), reader.names().end());
    }
}

}  // namespace evd::evctl
