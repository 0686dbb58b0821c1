// One pass over the datagram. Two kinds of trouble are kept apart by two kinds of answers:
// functions that read answer false when the bytes are not msgpack, and then everything stops; what
// is msgpack and yet no record is noted by spoil(), and the reading goes on, because only the end
// of the datagram tells whether the records before it count (Spec §4.2: not decodable, all is
// dropped).
//
// Known fields are marked in a set of bits, which is all it takes to see one twice. Unknown keys
// are collected and sorted at the end of their record: they are rare, and bounded in number.

#include "collector/ingest/record_reader.h"

#include "collector/ingest/token_value.h"
#include "common/base/text.h"

#include <algorithm>

namespace evd::collector {

using wire::MsgpackKind;
using wire::MsgpackReader;
using wire::MsgpackToken;

bool RecordReader::readRecords(std::span<const uint8_t> datagram, RejectCounts& rejects) {
    datagram_ = datagram;
    RejectCounts found;
    MsgpackReader reader(datagram);
    const auto fails = [&](Reject reason) {
        rejects.add(reason);
        return false;
    };
    const auto head = reader.next();
    if (!head.ok()) {
        return fails(Reject::Malformed);
    }
    const bool is_array = head.value().kind == MsgpackKind::Array;
    if (!is_array && head.value().kind != MsgpackKind::Map) {
        return fails(Reject::NotRecord);
    }
    if (!is_array && !readRecord(reader, head.value(), found)) {
        return fails(Reject::Malformed);
    }
    // A count that lies is found out by the bytes: each element has at least one.
    for (uint32_t i = 0; is_array && i < head.value().count; ++i) {
        const auto element = reader.next();
        if (!element.ok() || !readRecord(reader, element.value(), found)) {
            return fails(Reject::Malformed);
        }
    }
    if (!reader.atEnd()) {
        return fails(Reject::TrailingBytes);
    }
    rejects.add(found);
    return true;
}

bool RecordReader::readRecord(MsgpackReader& reader, const MsgpackToken& head,
                              RejectCounts& rejects) {
    if (head.kind != MsgpackKind::Map || head.count > kRecordFieldsMax) {
        rejects.add(head.kind == MsgpackKind::Map ? Reject::TooManyFields : Reject::NotRecord);
        return skipRest(reader, head);
    }
    reason_.reset();
    fields_read_ = 0;
    unknown_keys_.clear();
    beginRecord();
    for (uint32_t i = 0; i < head.count; ++i) {
        if (!readPair(reader)) {
            return false;
        }
    }
    checkUnknownKeys();
    if (!isSpoilt()) {
        endRecord();
    }
    if (reason_) {
        rejects.add(*reason_);
    }
    return true;
}

bool RecordReader::readPair(MsgpackReader& reader) {
    const size_t key_at = reader.offset();
    const auto key = reader.next();
    if (!key.ok()) {
        return false;
    }
    if (key.value().kind != MsgpackKind::Text) {
        if (!skipRest(reader, key.value())) {
            return false;
        }
        unknown_keys_.push_back(base::asText(datagram_.subspan(key_at, reader.offset() - key_at)));
        return passOver(reader);
    }
    const int field = fieldNumber(key.value().bytes);
    if (field < 0) {
        if (!base::isUtf8(key.value().bytes)) {
            spoil(Reject::BadText);
        }
        unknown_keys_.push_back(key.value().bytes);
        return passOver(reader);
    }
    if (wasRead(field)) {
        spoil(Reject::DuplicateKey);  // Ruling L1
        return passOver(reader);
    }
    fields_read_ |= 1U << field;
    return readField(field, reader);
}

// A whole value that we have no use for; its text must be text all the same (Ruling L1).
bool RecordReader::passOver(MsgpackReader& reader) {
    const size_t begin = reader.offset();
    if (!reader.skip(kValueDepthMax).ok()) {
        return false;
    }
    const auto value = datagram_.subspan(begin, reader.offset() - begin);
    // Only the text can be wrong still: the depth has been looked at with a smaller limit.
    if (!wire::validateMsgpack(value, 2 * kValueDepthMax).ok()) {
        spoil(Reject::BadText);
    }
    return true;
}

void RecordReader::checkUnknownKeys() {
    if (unknown_keys_.size() < 2) {
        return;
    }
    std::sort(unknown_keys_.begin(), unknown_keys_.end());
    if (std::adjacent_find(unknown_keys_.begin(), unknown_keys_.end()) != unknown_keys_.end()) {
        spoil(Reject::DuplicateKey);
    }
}

}  // namespace evd::collector
