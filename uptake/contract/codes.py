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

# The divisions of GB/T 4754-2017.
INDUSTRY_DIVISIONS = _codes("""
01|农业|Farming
02|林业|Forestry
03|畜牧业|Animal husbandry
04|渔业|Fishery
05|农、林、牧、渔专业及辅助性活动|Support activities for agriculture, forestry, animal husbandry and fishery
06|煤炭开采和洗选业|Mining and washing of coal
07|石油和天然气开采业|Extraction of petroleum and natural gas
08|黑色金属矿采选业|Mining of ferrous metal ores
09|有色金属矿采选业|Mining of non-ferrous metal ores
10|非金属矿采选业|Mining of non-metal ores
11|开采专业及辅助性活动|Support activities for mining
12|其他采矿业|Other mining
13|农副食品加工业|Processing of food from agricultural products
14|食品制造业|Manufacture of foods
15|酒、饮料和精制茶制造业|Manufacture of liquor, beverages and refined tea
16|烟草制品业|Manufacture of tobacco
17|纺织业|Manufacture of textiles
18|纺织服装、服饰业|Manufacture of textile wearing apparel
19|皮革、毛皮、羽毛及其制品和制鞋业|Manufacture of leather, fur, feather products and footwear
20|木材加工和木、竹、藤、棕、草制品业|Processing of timber; wood, bamboo, rattan, palm and straw products
21|家具制造业|Manufacture of furniture
22|造纸和纸制品业|Manufacture of paper and paper products
23|印刷和记录媒介复制业|Printing and reproduction of recorded media
24|文教、工美、体育和娱乐用品制造业|Manufacture of articles for culture, education, arts, sports and entertainment
25|石油、煤炭及其他燃料加工业|Processing of petroleum, coal and other fuels
26|化学原料和化学制品制造业|Manufacture of raw chemical materials and chemical products
27|医药制造业|Manufacture of medicines
28|化学纤维制造业|Manufacture of chemical fibres
29|橡胶和塑料制品业|Manufacture of rubber and plastics products
30|非金属矿物制品业|Manufacture of non-metallic mineral products
31|黑色金属冶炼和压延加工业|Smelting and pressing of ferrous metals
32|有色金属冶炼和压延加工业|Smelting and pressing of non-ferrous metals
33|金属制品业|Manufacture of metal products
34|通用设备制造业|Manufacture of general purpose machinery
35|专用设备制造业|Manufacture of special purpose machinery
36|汽车制造业|Manufacture of motor vehicles
37|铁路、船舶、航空航天和其他运输设备制造业|Manufacture of railway, ship, aerospace and other transport equipment
38|电气机械和器材制造业|Manufacture of electrical machinery and apparatus
39|计算机、通信和其他电子设备制造业|Manufacture of computers, communication and other electronic equipment
40|仪器仪表制造业|Manufacture of measuring instruments
41|其他制造业|Other manufacturing
42|废弃资源综合利用业|Utilisation of waste resources
43|金属制品、机械和设备修理业|Repair of metal products, machinery and equipment
44|电力、热力生产和供应业|Production and supply of electricity and heat
45|燃气生产和供应业|Production and supply of gas
46|水的生产和供应业|Production and supply of water
47|房屋建筑业|Construction of buildings
48|土木工程建筑业|Civil engineering
49|建筑安装业|Construction installation
50|建筑装饰、装修和其他建筑业|Building decoration and other construction
51|批发业|Wholesale trade
52|零售业|Retail trade
53|铁路运输业|Railway transport
54|道路运输业|Road transport
55|水上运输业|Water transport
56|航空运输业|Air transport
57|管道运输业|Pipeline transport
58|多式联运和运输代理业|Multimodal transport and transport agents
59|装卸搬运和仓储业|Loading, handling and storage
60|邮政业|Post
61|住宿业|Accommodation
62|餐饮业|Catering
63|电信、广播电视和卫星传输服务|Telecommunications, broadcasting and satellite transmission
64|互联网和相关服务|Internet and related services
65|软件和信息技术服务业|Software and information technology services
66|货币金融服务|Monetary and financial services
67|资本市场服务|Capital market services
68|保险业|Insurance
69|其他金融业|Other finance
70|房地产业|Real estate
71|租赁业|Leasing
72|商务服务业|Business services
73|研究和试验发展|Research and experimental development
74|专业技术服务业|Professional and technical services
75|科技推广和应用服务业|Science and technology promotion and application services
76|水利管理业|Water conservancy management
77|生态保护和环境治理业|Ecological protection and environmental management
78|公共设施管理业|Public facilities management
79|土地管理业|Land management
80|居民服务业|Household services
81|机动车、电子产品和日用产品修理业|Repair of motor vehicles, electronics and daily goods
82|其他服务业|Other services
83|教育|Education
84|卫生|Health
85|社会工作|Social work
86|新闻和出版业|News and publishing
87|广播、电视、电影和录音制作业|Broadcasting, television, film and sound recording
88|文化艺术业|Culture and arts
89|体育|Sports
90|娱乐业|Entertainment
91|中国共产党机关|Organs of the Communist Party of China
92|国家机构|State bodies
93|人民政协、民主党派|People's Political Consultative Conference and democratic parties
94|社会保障|Social security
95|群众团体、社会团体和其他成员组织|Mass organisations, social organisations and other membership organisations
96|基层群众自治组织及其他组织|Grass-roots self-governing organisations and others
97|国际组织|International organisations
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

# The last division of each section, in order: section A has divisions 01 to 05, B 06 to 12, and so on.
_LAST_DIVISIONS = (5, 12, 43, 46, 50, 52, 60, 62, 65, 69, 70, 72, 75, 79, 82, 83, 85, 90, 96, 97)


def section_of_division(division: str) -> str:
    """Return the section (A to T) that a two-digit division of GB/T 4754-2017 belongs to; KeyError for no division.

    >>> section_of_division("39")
    'C'
    """
    for section, last in zip(INDUSTRY_SECTIONS, _LAST_DIVISIONS, strict=True):
        if 1 <= int(division) <= last:
            return section.code
    raise KeyError(division)


USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))


def uscc_check_character(first17: str) -> str:
    """Return the 18th character of a unified social credit code from its first 17.

    c = (31 - sum_i s_i 3^(i-1) mod 31) mod 31 over the alphabet without I, O, S, V, Z (GB 32100-2015).
    Raises ValueError for a character outside that alphabet.

    >>> uscc_check_character("91350100M000100Y4")
    '3'
    """
    values = [USCC_ALPHABET.index(character) for character in first17]
    total = sum(value * weight for value, weight in zip(values, USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def valid_uscc(text: str) -> bool:
    """Say whether a text is a unified social credit code: 18 characters of the alphabet, the last one checking."""
    if len(text) != 18 or any(character not in USCC_ALPHABET for character in text):
        return False
    return uscc_check_character(text[:17]) == text[17]


CODE_LISTS = {
    "provinces": PROVINCES,
    "size_classes": SIZE_CLASSES,
    "industry_groups": INDUSTRY_GROUPS,
    "industry_sections": INDUSTRY_SECTIONS,
    "industry_divisions": INDUSTRY_DIVISIONS,
}
