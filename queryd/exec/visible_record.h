#pragma once

#include "common/wire/msgpack_path.h"
#include "queryd/exec/sight.h"
#include "queryd/plan/record_table.h"

#include <span>
#include <string_view>
#include <vector>

namespace evd::queryd {

// What of one record after another the caller may see (Spec §9.2, Ruling A2, A3).
//
// look() takes up the next record; the rest speaks of that one. Where a name is seen in part, the
// record's own fields make the question to the access check: the columns, then the payload's fields
// in their order. Values point into the payload that look() was given. One thread; sight and table
// outlive it.
class VisibleRecord {
  public:
    VisibleRecord(const Sight& sight, const RecordTable& table);

    // payload() gives the record's payload; asked for only where it is needed.
    template <typename Payload>
    void look(std::string_view name, const Payload& payload) {
        sight_ = judge_.of(name);
        is_visible_ = sight_ == NameSight::Everything;
        if (sight_ == NameSight::Part) {
            judge(name, table_.has_payload ? payload() : std::span<const uint8_t>());
        }
    }

    bool isVisible() const { return is_visible_; }
    // Whether some of it may be hidden.
    bool isPart() const { return sight_ == NameSight::Part; }
    bool shows(const TableColumn& column) const;
    // A field of the payload; one that the record does not have is not shown.
    bool shows(std::string_view field) const;
    // The fields of the payload that are shown, in their order. `payload` is that of look().
    std::vector<wire::PayloadField> shownFields(std::span<const uint8_t> payload) const;

  private:
    void judge(std::string_view name, std::span<const uint8_t> payload);

    const RecordTable& table_;
    SightJudge judge_;
    NameSight sight_ = NameSight::Nothing;
    bool is_visible_ = false;
    const access::FieldVerdict* verdict_ = nullptr;  // of Part
    std::vector<wire::PayloadField> payload_;        // of Part
    std::vector<std::string_view> names_;            // columns and payload_
};

}  // namespace evd::queryd
