#pragma once

#include "queryd/exec/value_order.h"
#include "queryd/plan/condition.h"

#include <cstddef>

namespace evd::queryd {

// Where a condition finds the values of one record's fields, by their index in the plan. A missing
// field is Null.
class FieldSource {
  public:
    virtual ~FieldSource() = default;
    virtual Value field(size_t index) = 0;
    // The record's time, for conditions on other stores, which name no field of it: there even
    // where the field is hidden from who asks (Ruling A5).
    virtual Value moment(size_t index) { return field(index); }
};

// Whether the condition holds for the record (Spec §8.1; Ruling Q3, Q4, Q14).
//
// Missing makes every comparison false, != and NOT_IN included; only IS NULL sees it, and NOT is
// the plain complement. Asks the source only for fields that still matter. The depth of a condition
// is bounded by the parser, containers inside values by what a payload may nest. Any thread.
bool holds(const Condition& condition, FieldSource& fields);

// A comparison alone, for a value that is there: neither missing nor NULL.
bool compareValue(const Condition& comparison, const Value& value);

// The constant as a value; points into the constant.
Value valueOf(const Constant& constant);

}  // namespace evd::queryd
