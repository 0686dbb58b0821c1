#include "queryd/exec/result_rows.h"

#include "common/wire/msgpack.h"
#include "queryd/exec/row_encoder.h"
#include "queryd/exec/value_order.h"

#include <algorithm>

namespace evd::queryd {

namespace {

void sortRows(const RecordPlan& plan, std::vector<ResultRow>& rows) {
    if (plan.sort.empty()) {
        return;
    }
    std::stable_sort(rows.begin(), rows.end(), [&](const ResultRow& left, const ResultRow& right) {
        for (const PlanSort& sort : plan.sort) {
            const int order = compareOrder(left[sort.field].view(), right[sort.field].view());
            if (order != 0) {
                return sort.descending ? order > 0 : order < 0;
            }
        }
        return false;
    });
}

void encodeRow(const RecordPlan& plan, const ResultRow& row, std::vector<uint8_t>& out) {
    const auto& names = plan.aggregation->result_names;
    wire::MsgpackWriter writer(out);
    const size_t pairs = plan.select ? plan.select->size() : row.size();
    writer.mapHeader(static_cast<uint32_t>(pairs));
    for (size_t i = 0; i < pairs; ++i) {
        const size_t index = plan.select ? (*plan.select)[i] : i;
        writer.text(names[index]);
        encodeValue(row[index].view(), out);
    }
}

}  // namespace

base::Result<void> sendResultRows(const RecordPlan& plan, std::vector<ResultRow>& rows,
                                  AnswerWindow& window) {
    sortRows(plan, rows);
    std::vector<uint8_t> record;
    for (const ResultRow& row : rows) {
        if (window.isFull()) {
            break;
        }
        if (!window.skipsNext()) {
            record.clear();
            encodeRow(plan, row, record);
            EVD_TRY(window.send(record));
        }
    }
    return {};
}

}  // namespace evd::queryd
