#include "collector/ingest/reject_reason.h"

#include <numeric>

namespace evd::collector {

const char* rejectName(Reject reason) {
    switch (reason) {
        case Reject::TooLong:
            return "too_long";
        case Reject::Malformed:
            return "malformed";
        case Reject::TrailingBytes:
            return "trailing_bytes";
        case Reject::NotRecord:
            return "not_a_record";
        case Reject::TooManyFields:
            return "too_many_fields";
        case Reject::DuplicateKey:
            return "duplicate_key";
        case Reject::MissingField:
            return "missing_field";
        case Reject::WrongType:
            return "wrong_type";
        case Reject::BadText:
            return "bad_text";
        case Reject::BadValue:
            return "bad_value";
        case Reject::BadLabels:
            return "bad_labels";
        case Reject::BadHistogram:
            return "bad_histogram";
        case Reject::NoRoom:
            return "no_room";
        case Reject::NotPermitted:
            return "not_permitted";
    }
    return "unknown";
}

uint64_t RejectCounts::total() const {
    return std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
}

}  // namespace evd::collector
