"""The turns of phrase from which conditions are said, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

READABLE = {"zh": 120, "en": 260}  # signs of a rule that can still be read; a longer one is told by its message
SHORT = {"zh": 12, "en": 26}  # signs of a label that may stand in a sentence; a longer one would hide what is said
PHRASES: dict[str, Mapping[str, str]] = {
    "zh": {
        "and": "，且", "or": "，或", "open": "（", "close": "）", "never": "不应出现：{0}", "both": "{0}，当且仅当{1}",
        "is": "{0}选“{1}”", "one_of": "{0}选{1}之一", "is_not": "{0}未选“{1}”", "includes": "{0}选了“{1}”",
        "some": "{0}至少一项{1}",
        "every": "{0}各项均{1}", "some_of": "{0}中至少一项{1}", "every_of": "{0}均{1}", "chose": "选“{0}”",
        "not_chose": "未选“{0}”", "register": "名录中的{0}", "known": "名录登记数",
        "last": "上期{0}", "label": "{0}“{1}”", "list": "、",
        "dont_know": "{0}选“不清楚”", "answered": "{0}已填报", "blank": "{0}未填", "not_applicable": "{0}不适用",
        "refused": "{0}拒绝回答", "is_no": "以下情形不成立：{0}", "chosen": "{0}所选项数", "length": "{0}的字数",
        "rows": "{0}的行数", "kinds": "{0}中不同的个数", "given": "{0}中已填的个数", "least": "{0}中的最小数",
        "most": "{0}中的最大数", "total": "{0}各行合计", "else": "{0}（未填按 {1} 计）", "format": "{0}符合规定格式",
        "today": "填报当日", "if": "如{0}，则{1}，否则{2}", "then": "如{0}，则{1}",
        "rest": "{0}除以{1}的余数", "office": "统计机构通知填报",
        "not_office": "统计机构未通知填报", "size": "{0}的绝对值", "sum_all": "{0}各项合计", "text": "“{0}”",
        "depends": "按{0}的填报情况确定", "down": "{0}舍去小数", "up": "{0}进位取整",
    },
    "en": {
        "and": " and ", "or": " or ", "open": "(", "close": ")", "never": "not at the same time: {0}",
        "both": "{0} exactly when {1}", "is": "{0} is “{1}”", "one_of": "{0} is one of {1}",
        "is_not": "{0} is not “{1}”",
        "includes": "{0} includes “{1}”", "some": "at least one item of {0} {1}", "every": "every item of {0} {1}",
        "some_of": "at least one of {0} {1}", "every_of": "each of {0} {1}", "chose": "is “{0}”",
        "not_chose": "is not “{0}”", "register": "{0} in the register", "known": "the figure in the register",
        "last": "{0} of the last wave",
        "label": "{0} “{1}”", "list": ", ", "dont_know": "{0} is “Don’t know”", "answered": "{0} is answered",
        "blank": "{0} is not answered", "not_applicable": "{0} does not apply", "refused": "{0} is refused",
        "is_no": "not so: {0}", "chosen": "the number of choices in {0}", "length": "the length of {0}",
        "rows": "the number of rows in {0}", "kinds": "the number of different {0}",
        "given": "the number of answers in {0}", "least": "the smallest of {0}", "most": "the largest of {0}",
        "total": "the sum of {0} over all rows", "else": "{0} ({1} if not given)",
        "format": "{0} has the required form",
        "today": "the day of filling in", "if": "if {0} then {1}, else {2}",
        "then": "if {0} then {1}",
        "rest": "the remainder of {0} divided by {1}", "office": "the statistical office asks for it",
        "not_office": "the statistical office does not ask for it", "size": "the size of {0}",
        "sum_all": "the sum of all items of {0}", "text": "“{0}”", "depends": "depending on {0}",
        "down": "{0} rounded down", "up": "{0} rounded up",
    },
}  # fmt: skip
