#include "queryd/evctl/import/audit_log.h"

#include "common/base/text.h"
#include "queryd/evctl/import/audit_event.h"
#include "queryd/evctl/import/import_lines.h"

#include <algorithm>
#include <list>
#include <utility>

namespace evd::evctl {

namespace {

struct OpenEvent {
    std::vector<AuditLine> records;
    size_t bytes = 0;
    uint64_t line = 0;
};

bool isSameEvent(const AuditLine& left, const AuditLine& right) {
    return left.serial == right.serial && left.time_ns == right.time_ns && left.node == right.node;
}

class AuditLogParser final : public ImportParser {
  public:
    AuditLogParser(ImportReport& report, ImportSink& sink) : report_(report), sink_(sink) {}

    base::Result<void> feed(std::string_view bytes) override {
        return lines_.feed(bytes, [this](const ImportLine& line) { return take(line); });
    }
    base::Result<void> finish() override {
        EVD_TRY(lines_.finish([this](const ImportLine& line) { return take(line); }));
        while (!open_.empty()) {
            EVD_TRY(pass(open_.begin()));
        }
        return {};
    }

  private:
    using Events = std::list<OpenEvent>;

    base::Result<void> take(const ImportLine& line) {
        if (base::trim(line.text).empty()) {
            return {};
        }
        if (line.is_too_long) {
            report_.notUnderstood("a line that is too long", line.number, line.text);
            return {};
        }
        auto record = parseAuditLine(line.text);
        if (!record.ok()) {
            report_.notUnderstood(record.error().text, line.number, line.text);
            return {};
        }
        return takeRecord(std::move(record).value(), line);
    }

    base::Result<void> takeRecord(AuditLine record, const ImportLine& line) {
        EVD_TRY(passOlderThan(record.time_ns - kAuditPatienceNs));
        auto event = std::find_if(open_.begin(), open_.end(), [&](const OpenEvent& open) {
            return isSameEvent(open.records.front(), record);
        });
        if (event == open_.end()) {
            if (record.type == "EOE") {
                return {};  // the end of what is not there
            }
            if (open_.size() >= kAuditOpenMax) {
                EVD_TRY(pass(open_.begin()));
            }
            event = open_.insert(open_.end(), OpenEvent{{}, 0, line.number});
        }
        if (record.type == "EOE") {
            return pass(event);
        }
        if (event->records.size() >= kAuditEventRecordsMax ||
            event->bytes + line.text.size() > kAuditEventBytesMax) {
            report_.notUnderstood("a record of an event that is too large", line.number, line.text);
            return {};
        }
        event->bytes += line.text.size();
        event->records.push_back(std::move(record));
        return {};
    }

    base::Result<void> passOlderThan(int64_t time_ns) {
        while (!open_.empty() && open_.front().records.front().time_ns < time_ns) {
            EVD_TRY(pass(open_.begin()));
        }
        return {};
    }

    base::Result<void> pass(Events::iterator at) {
        const OpenEvent open = std::move(*at);
        open_.erase(at);
        const AuditEvent event = makeAuditEvent(open.records);
        report_.understood("events");
        report_.understood("audit records", open.records.size());
        return sink_.event(event.type, event.payload, open.line);
    }

    ImportReport& report_;
    ImportSink& sink_;
    ImportLines lines_{kImportLineBytesMax};
    Events open_;  // in the order of their first records
};

}  // namespace

std::unique_ptr<ImportParser> makeAuditLogParser(ImportReport& report, ImportSink& sink) {
    return std::make_unique<AuditLogParser>(report, sink);
}

}  // namespace evd::evctl
