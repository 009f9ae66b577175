"""Code lists of official statistics: regions, industries, size classes and the unified social credit code.

Sources: GB/T 2260 (regions, first two digits and `0000`), GB/T 4754-2017 (industries), the 2017 rule of large, medium,
small and micro enterprises (size classes), GB 32100-2015 (unified social credit code).
"""

from __future__ import annotations

from dataclasses import dataclass

from uptake.contract.text import Text


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list and its name."""

    code: str
    name: Text


def _codes(rows: str) -> tuple[Code, ...]:
    made = []
    for row in rows.strip().splitlines():
        code, zh, en = (part.strip() for part in row.split("|"))
        made.append(Code(code, Text.of(zh=zh, en=en)))
    return tuple(made)


PROVINCES = _codes("""
110000|北京|Beijing
120000|天津|Tianjin
130000|河北|Hebei
140000|山西|Shanxi
150000|内蒙古|Inner Mongolia
210000|辽宁|Liaoning
220000|吉林|Jilin
230000|黑龙江|Heilongjiang
310000|上海|Shanghai
320000|江苏|Jiangsu
330000|浙江|Zhejiang
340000|安徽|Anhui
350000|福建|Fujian
360000|江西|Jiangxi
370000|山东|Shandong
410000|河南|Henan
420000|湖北|Hubei
430000|湖南|Hunan
440000|广东|Guangdong
450000|广西|Guangxi
460000|海南|Hainan
500000|重庆|Chongqing
510000|四川|Sichuan
520000|贵州|Guizhou
530000|云南|Yunnan
540000|西藏|Xizang
610000|陕西|Shaanxi
620000|甘肃|Gansu
630000|青海|Qinghai
640000|宁夏|Ningxia
650000|新疆|Xinjiang
""")

SIZE_CLASSES = _codes("""
1|大型|Large
2|中型|Medium
3|小型|Small
4|微型|Micro
""")

INDUSTRY_SECTIONS = _codes("""
A|农、林、牧、渔业|Agriculture, forestry, animal husbandry and fishery
B|采矿业|Mining
C|制造业|Manufacturing
D|电力、热力、燃气及水生产和供应业|Electricity, heat, gas and water
E|建筑业|Construction
F|批发和零售业|Wholesale and retail trade
G|交通运输、仓储和邮政业|Transport, storage and post
H|住宿和餐饮业|Accommodation and catering
I|信息传输、软件和信息技术服务业|Information transmission, software and IT services
J|金融业|Finance
K|房地产业|Real estate
L|租赁和商务服务业|Leasing and business services
M|科学研究和技术服务业|Scientific research and technical services
N|水利、环境和公共设施管理业|Water, environment and public facilities
O|居民服务、修理和其他服务业|Household services, repair and other services
P|教育|Education
Q|卫生和社会工作|Health and social work
R|文化、体育和娱乐业|Culture, sports and entertainment
S|公共管理、社会保障和社会组织|Public administration and social organisations
T|国际组织|International organisations
""")

# The 14 groups that strata and tables use; manufacturing is split by technology.
INDUSTRY_GROUPS = _codes("""
A|农林牧渔业|Agriculture
B|采矿业|Mining
C1|高技术制造业|High-technology manufacturing
C2|中高技术制造业|Medium-high-technology manufacturing
C3|中低技术制造业|Medium-low-technology manufacturing
C4|低技术制造业|Low-technology manufacturing
D|电力热力燃气及水|Electricity, gas and water
E|建筑业|Construction
F|批发和零售业|Wholesale and retail
G|交通运输仓储邮政|Transport and storage
I|信息软件业|Information and software
J|金融业|Finance
LM|商务与科技服务业|Business and technical services
PQ|教育卫生及其他服务|Education, health and other services
""")

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))


def uscc_check_character(first17: str) -> str:
    """Return the 18th character of a unified social credit code from its first 17.

    c = (31 - sum_i s_i 3^(i-1) mod 31) mod 31 over the alphabet without I, O, S, V, Z (GB 32100-2015).
    Raises ValueError for a character outside that alphabet.

    >>> uscc_check_character("91350100M000100Y4")
    '3'
    """
    values = [_USCC_ALPHABET.index(character) for character in first17]
    total = sum(value * weight for value, weight in zip(values, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def valid_uscc(text: str) -> bool:
    """Say whether a text is a unified social credit code: 18 characters of the alphabet, the last one checking."""
    if len(text) != 18 or any(character not in _USCC_ALPHABET for character in text):
        return False
    return uscc_check_character(text[:17]) == text[17]


CODE_LISTS = {
    "provinces": PROVINCES,
    "size_classes": SIZE_CLASSES,
    "industry_groups": INDUSTRY_GROUPS,
    "industry_sections": INDUSTRY_SECTIONS,
}
