#include "tests/query/viewer.h"

#include <algorithm>

namespace evd::test {

namespace {

using access::ObjectKind;

queryd::Caller callerWith(uid_t uid) {
    return queryd::callerOf({1, uid, uid, {}}, {0, {}});
}

}  // namespace

Viewer::Viewer(Random& random)
    : sees_all_(random() % 4 == 0),
      events_(randomPolicy(random, ObjectKind::Events)),
      logs_(randomPolicy(random, ObjectKind::Logs)),
      metrics_(randomPolicy(random, ObjectKind::Metrics)),
      caller_(callerWith(sees_all_ ? 0 : 1001)) {
    access::SecurityPolicy rules;
    events_.addTo(ObjectKind::Events, rules);
    logs_.addTo(ObjectKind::Logs, rules);
    metrics_.addTo(ObjectKind::Metrics, rules);
    policy_.install(rules);
}

const SimplePolicy& Viewer::rulesOf(ObjectKind kind) const {
    return kind == ObjectKind::Events ? events_ : kind == ObjectKind::Logs ? logs_ : metrics_;
}

std::vector<SimpleRecord> Viewer::visible(ObjectKind kind,
                                          const std::vector<SimpleRecord>& records) const {
    return sees_all_ ? records : rulesOf(kind).visible(records);
}

OtherStores Viewer::visible(const OtherStores& stores) const {
    if (sees_all_) {
        return stores;
    }
    OtherStores left = stores;
    std::erase_if(left.events, [this](const SimpleEvent& event) {
        return !events_.shows(event.type, "timestamp");
    });
    std::erase_if(left.logs,
                  [this](const TestLog& log) { return !logs_.shows(log.origin, "timestamp"); });
    for (TestLog& log : left.logs) {
        log.message = logs_.shows(log.origin, "message") ? log.message : "";
    }
    std::erase_if(left.series, [this](const OtherSeries& series) {
        return !metrics_.shows(series.name, "value") || !metrics_.shows(series.name, "timestamp");
    });
    for (OtherSeries& series : left.series) {
        series.labels = metrics_.shows(series.name, "k") ? series.labels : "";
    }
    return left;
}

bool Viewer::hidesOneOf(ObjectKind kind, const SimpleRecord& record,
                        const std::vector<std::string>& fields) const {
    return std::ranges::any_of(
        fields, [&](const std::string& field) { return !rulesOf(kind).shows(record.name, field); });
}

bool Viewer::mayRefuse(ObjectKind kind, const SimpleQuestion& question,
                       const std::vector<SimpleRecord>& records) const {
    const auto fields = referencesOf(question);
    return !sees_all_ && std::ranges::any_of(records, [&](const SimpleRecord& record) {
        const bool is_asked = !question.pattern || simpleGlob(record.name, *question.pattern);
        return is_asked && rulesOf(kind).mayRead(record.name) && hidesOneOf(kind, record, fields);
    });
}

bool Viewer::mustRefuse(ObjectKind kind, const SimpleQuestion& question,
                        const std::vector<SimpleRecord>& visible) const {
    const auto fields = referencesOf(question);
    return !sees_all_ && std::ranges::any_of(visible, [&](const SimpleRecord& record) {
        return isWanted(question, record) && hidesOneOf(kind, record, fields);
    });
}

}  // namespace evd::test
