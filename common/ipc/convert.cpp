#include "common/ipc/convert.h"

#include "common/base/text.h"

#include <span>

namespace evd::ipc {

namespace {

using base::ErrorKind;
using base::fail;

std::string toString(capnp::Text::Reader text) {
    return {text.begin(), text.size()};
}

capnp::Text::Reader toText(const std::string& text) {
    return {text.c_str(), text.size()};
}

void writeValue(const config::SettingValue& value, schema::Setting::Builder out) {
    if (const auto* number = std::get_if<uint64_t>(&value)) {
        out.setNumber(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
        out.setText(toText(*text));
    } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
        auto items = out.initList(static_cast<unsigned>(list->size()));
        for (unsigned i = 0; i < items.size(); ++i) {
            items.set(i, toText((*list)[i]));
        }
    } else if (const auto* bytes = std::get_if<std::vector<uint8_t>>(&value)) {
        out.setBytes(capnp::Data::Reader(bytes->data(), bytes->size()));
    }
}

base::Result<config::SettingValue> readValue(schema::Setting::Reader in) {
    switch (in.which()) {
        case schema::Setting::NUMBER:
            return config::SettingValue(in.getNumber());
        case schema::Setting::TEXT:
            return config::SettingValue(toString(in.getText()));
        case schema::Setting::LIST: {
            std::vector<std::string> list;
            for (const auto item : in.getList()) {
                list.push_back(toString(item));
            }
            return config::SettingValue(std::move(list));
        }
        case schema::Setting::BYTES: {
            const auto bytes = in.getBytes();
            return config::SettingValue(std::vector<uint8_t>(bytes.begin(), bytes.end()));
        }
    }
    return fail(ErrorKind::Invalid, "a setting of a kind that this version does not know");
}

schema::SecurityRule::Kind toSchema(access::ObjectKind kind) {
    switch (kind) {
        case access::ObjectKind::Events:
            return schema::SecurityRule::Kind::EVENTS;
        case access::ObjectKind::Logs:
            return schema::SecurityRule::Kind::LOGS;
        case access::ObjectKind::Metrics:
            return schema::SecurityRule::Kind::METRICS;
        case access::ObjectKind::PublishLogs:
            return schema::SecurityRule::Kind::PUBLISH_LOGS;
        case access::ObjectKind::PublishMetrics:
            return schema::SecurityRule::Kind::PUBLISH_METRICS;
    }
    return schema::SecurityRule::Kind::EVENTS;
}

base::Result<access::ObjectKind> fromSchema(schema::SecurityRule::Kind kind) {
    switch (kind) {
        case schema::SecurityRule::Kind::EVENTS:
            return access::ObjectKind::Events;
        case schema::SecurityRule::Kind::LOGS:
            return access::ObjectKind::Logs;
        case schema::SecurityRule::Kind::METRICS:
            return access::ObjectKind::Metrics;
        case schema::SecurityRule::Kind::PUBLISH_LOGS:
            return access::ObjectKind::PublishLogs;
        case schema::SecurityRule::Kind::PUBLISH_METRICS:
            return access::ObjectKind::PublishMetrics;
    }
    return fail(ErrorKind::Invalid, "a descriptor for a kind that this version does not know");
}

void writeCrashes(const std::vector<wire::CrashReport>& crashes,
                  capnp::List<schema::CrashReport>::Builder out) {
    for (unsigned i = 0; i < out.size(); ++i) {
        const auto& crash = crashes[i];
        out[i].setWallNs(crash.wall_ns);
        out[i].setPid(crash.pid);
        out[i].setHow(toText(crash.how));
        auto lines = out[i].initOutput(static_cast<unsigned>(crash.output.size()));
        for (unsigned line = 0; line < lines.size(); ++line) {
            lines.set(line, toText(crash.output[line]));
        }
    }
}

wire::CrashReport readCrash(schema::CrashReport::Reader in) {
    wire::CrashReport crash{in.getWallNs(), in.getPid(), toString(in.getHow()), {}};
    for (const auto line : in.getOutput()) {
        crash.output.push_back(toString(line));
    }
    return crash;
}

void writeNotices(const std::vector<wire::SettingNotice>& notices,
                  capnp::List<schema::SettingNotice>::Builder out) {
    for (unsigned i = 0; i < out.size(); ++i) {
        out[i].setName(toText(notices[i].name));
        out[i].setRunning(toText(notices[i].running));
        out[i].setConfigured(toText(notices[i].configured));
        out[i].setReason(toText(notices[i].reason));
    }
}

}  // namespace

void writeSettings(const config::Settings& settings, capnp::List<schema::Setting>::Builder out) {
    unsigned i = 0;
    for (const auto& [name, value] : settings.values()) {
        out[i].setName(toText(name));
        writeValue(value, out[i]);
        ++i;
    }
}

base::Result<config::Settings> readSettings(capnp::List<schema::Setting>::Reader in) {
    config::Settings settings;
    for (const auto setting : in) {
        const std::string name = toString(setting.getName());
        if (config::findSettingSpec(name) == nullptr) {
            return fail(ErrorKind::Invalid, base::cat("no such setting: ", name));
        }
        auto value = readValue(setting);
        if (!value.ok()) {
            return value.error();
        }
        settings.set(name, std::move(value).value());
    }
    return settings;
}

void writeSecurity(const access::SecurityPolicy& policy,
                   capnp::List<schema::SecurityRule>::Builder out) {
    unsigned i = 0;
    for (const access::ObjectKind kind : access::kObjectKinds) {
        for (const auto& [folded, rule] : policy.rules(kind)) {
            out[i].setKind(toSchema(kind));
            out[i].setPattern(toText(rule.pattern));
            out[i].setDescriptor(
                capnp::Data::Reader(rule.descriptor.data(), rule.descriptor.size()));
            out[i].setReadable(rule.readable);
            ++i;
        }
    }
}

base::Result<access::SecurityPolicy> readSecurity(capnp::List<schema::SecurityRule>::Reader in) {
    access::SecurityPolicy policy;
    if (in.size() > access::SecurityPolicy::kRulesMax) {
        return fail(ErrorKind::Invalid, base::cat(in.size(), " descriptors are too many"));
    }
    for (const auto rule : in) {
        const auto kind = fromSchema(rule.getKind());
        if (!kind.ok()) {
            return kind.error();
        }
        const auto bytes = rule.getDescriptor();
        policy.set(kind.value(),
                   {toString(rule.getPattern()), std::vector<uint8_t>(bytes.begin(), bytes.end()),
                    rule.getReadable()});
    }
    if (!policy.fits()) {
        return fail(ErrorKind::Invalid, "the descriptors are too large");
    }
    return policy;
}

void writeResume(const std::vector<wire::ResumePoint>& resume,
                 capnp::List<schema::ResumePoint>::Builder out) {
    for (unsigned i = 0; i < out.size(); ++i) {
        out[i].setCpu(resume[i].cpu);
        out[i].setSequence(resume[i].sequence);
    }
}

std::vector<wire::ResumePoint> readResume(capnp::List<schema::ResumePoint>::Reader in) {
    std::vector<wire::ResumePoint> resume;
    for (const auto point : in) {
        resume.push_back({point.getCpu(), point.getSequence()});
    }
    return resume;
}

void writeGaps(const std::vector<wire::Gap>& gaps, capnp::List<schema::Gap>::Builder out) {
    for (unsigned i = 0; i < out.size(); ++i) {
        out[i].setFirstMissing(gaps[i].first_missing);
        out[i].setLastMissing(gaps[i].last_missing);
        out[i].setLastTimestamp(gaps[i].last_timestamp_ns);
        out[i].setRevealTimestamp(gaps[i].reveal_timestamp_ns);
    }
}

base::Result<std::vector<wire::Gap>> readGaps(capnp::List<schema::Gap>::Reader in) {
    if (in.size() > kGapsPerBatchMax) {
        return fail(ErrorKind::Invalid, base::cat("a batch with ", in.size(), " gaps"));
    }
    std::vector<wire::Gap> gaps;
    gaps.reserve(in.size());
    for (const auto gap : in) {
        if (gap.getFirstMissing() > gap.getLastMissing()) {
            return fail(ErrorKind::Invalid, "a gap that ends before it begins");
        }
        gaps.push_back({gap.getFirstMissing(), gap.getLastMissing(), gap.getLastTimestamp(),
                        gap.getRevealTimestamp()});
    }
    return gaps;
}

void writeIntervals(const base::IntervalSet& set, capnp::List<schema::Interval>::Builder out) {
    unsigned i = 0;
    for (const auto& interval : set.intervals()) {
        out[i].setFirst(interval.first);
        out[i].setLast(interval.last);
        ++i;
    }
}

base::Result<base::IntervalSet> readIntervals(capnp::List<schema::Interval>::Reader in) {
    base::IntervalSet set;
    for (const auto interval : in) {
        if (interval.getFirst() > interval.getLast()) {
            return fail(ErrorKind::Invalid, "an interval that ends before it begins");
        }
        set.add({interval.getFirst(), interval.getLast()});
    }
    return set;
}

void writeMeasures(const std::vector<wire::Measure>& measures,
                   capnp::List<schema::Measure>::Builder out) {
    for (unsigned i = 0; i < out.size(); ++i) {
        out[i].setName(toText(measures[i].name));
        out[i].setValue(measures[i].value);
    }
}

base::Result<std::vector<wire::Measure>> readMeasures(capnp::List<schema::Measure>::Reader in) {
    if (in.size() > kMeasuresMax) {
        return fail(ErrorKind::Invalid, base::cat(in.size(), " measures are too many"));
    }
    std::vector<wire::Measure> measures;
    measures.reserve(in.size());
    for (const auto measure : in) {
        const auto name = measure.getName();
        if (name.size() > kMeasureNameBytesMax) {
            return fail(ErrorKind::Invalid,
                        base::cat("a measure with a name of ", name.size(), " bytes"));
        }
        measures.push_back({toString(name), measure.getValue()});
    }
    return measures;
}

void writeProcess(const wire::ProcessStatus& process, schema::ProcessStatus::Builder out) {
    out.setName(toText(process.name));
    out.setState(toText(process.state));
    out.setPid(process.pid);
    out.setRestarts(process.restarts);
    out.setStartedWallNs(process.started_wall_ns);
    out.setMemoryBytes(process.memory_bytes);
    out.setLastExit(toText(process.last_exit));
    out.setUpgrade(toText(process.upgrade));
    writeCrashes(process.crashes, out.initCrashes(static_cast<unsigned>(process.crashes.size())));
    writeNotices(process.settings,
                 out.initSettings(static_cast<unsigned>(process.settings.size())));
    writeMeasures(process.measures,
                  out.initMeasures(static_cast<unsigned>(process.measures.size())));
}

base::Result<wire::ProcessStatus> readProcess(schema::ProcessStatus::Reader in) {
    wire::ProcessStatus process;
    process.name = toString(in.getName());
    process.state = toString(in.getState());
    process.pid = in.getPid();
    process.restarts = in.getRestarts();
    process.started_wall_ns = in.getStartedWallNs();
    process.memory_bytes = in.getMemoryBytes();
    process.last_exit = toString(in.getLastExit());
    auto measures = readMeasures(in.getMeasures());
    if (!measures.ok()) {
        return measures.error();
    }
    process.measures = std::move(measures).value();
    process.upgrade = toString(in.getUpgrade());
    for (const auto crash : in.getCrashes()) {
        process.crashes.push_back(readCrash(crash));
    }
    for (const auto notice : in.getSettings()) {
        process.settings.push_back({toString(notice.getName()), toString(notice.getRunning()),
                                    toString(notice.getConfigured()),
                                    toString(notice.getReason())});
    }
    return process;
}

base::Result<base::Guid> readGuid(capnp::Data::Reader in) {
    return base::guidFromBytes(std::span(in.begin(), in.size()));
}

}  // namespace evd::ipc
