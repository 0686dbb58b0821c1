#include "collector/ingest/log_record.h"

#include "collector/ingest/token_value.h"
#include "common/base/text.h"

namespace evd::collector {

using wire::MsgpackKind;
using wire::MsgpackReader;
using wire::MsgpackToken;

void LogRecordParser::parse(std::span<const uint8_t> datagram, int64_t receipt_ns,
                            std::vector<wire::LogRecord>& out, RejectCounts& rejects) {
    out_ = &out;
    receipt_ns_ = receipt_ns;
    const size_t before = out.size();
    if (!readRecords(datagram, rejects)) {
        out.resize(before);
    }
}

void LogRecordParser::beginRecord() {
    record_ = {};
    record_.timestamp_ns = receipt_ns_;
}

int LogRecordParser::fieldNumber(std::string_view key) const {
    if (key == "origin") {
        return kOrigin;
    }
    if (key == "is_error") {
        return kIsError;
    }
    if (key == "message") {
        return kMessage;
    }
    if (key == "timestamp") {
        return kTimestamp;
    }
    return key == "job_id" ? kJobId : -1;
}

bool LogRecordParser::readField(int field, MsgpackReader& reader) {
    // A container's head must not be taken off its content, which is passed over as a whole.
    MsgpackReader ahead = reader;
    const auto value = ahead.next();
    if (!value.ok()) {
        return false;
    }
    if (!isScalar(value.value())) {
        if (field != kTimestamp && field != kJobId) {
            spoil(Reject::WrongType);
        }
        return reader.skip(kValueDepthMax).ok();
    }
    reader = ahead;
    if (!readValue(static_cast<Field>(field), value.value())) {
        spoil(Reject::WrongType);
    }
    return true;
}

// False when a required field has a wrong type (Ruling L4 for the optional ones).
bool LogRecordParser::readValue(Field field, const MsgpackToken& value) {
    switch (field) {
        case kOrigin:
            return takeText(value, record_.origin);
        case kMessage:
            return takeText(value, record_.message);
        case kIsError:
            record_.is_error = value.boolean;
            return value.kind == MsgpackKind::Boolean;
        case kTimestamp:
            record_.timestamp_ns = asTimestamp(value).value_or(receipt_ns_);
            return true;
        case kJobId:
            if (value.kind == MsgpackKind::Bytes) {
                if (const auto id = base::guidFromBytes(base::asBytes(value.bytes)); id.ok()) {
                    record_.job_id = id.value();
                }
            }
            return true;
    }
    return false;
}

bool LogRecordParser::takeText(const MsgpackToken& value, std::string_view& text) {
    if (value.kind != MsgpackKind::Text) {
        return false;
    }
    if (!base::isUtf8(value.bytes)) {
        spoil(Reject::BadText);
    }
    text = value.bytes;
    return true;
}

void LogRecordParser::endRecord() {
    if (!wasRead(kOrigin) || !wasRead(kIsError) || !wasRead(kMessage)) {
        spoil(Reject::MissingField);
    } else if (record_.origin.empty() || record_.origin.size() > wire::kLogOriginBytesMax) {
        spoil(Reject::BadText);
    } else {
        out_->push_back(record_);
    }
}

}  // namespace evd::collector
