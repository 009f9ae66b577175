"""The words of the collector's own pages, in Chinese and English; questions bring their own from the questionnaire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from forms.vocabulary import COLLECTOR, FOLDER, further_languages, language_name, other_words, slots_fault
from uptake.contract.errors import Fault
from uptake.contract.text import Text

if TYPE_CHECKING:
    from forms import Questionnaire

LANGUAGES: tuple[str, ...] = ("zh", "en")
LANGUAGE_NAMES: Mapping[str, str] = {"zh": "中文", "en": "English"}
HTML_LANGUAGES: Mapping[str, str] = {"zh": "zh-Hans", "en": "en"}

#: key -> (Chinese, English)
WORDS: Mapping[str, tuple[str, str]] = {
    "skip": ("跳到正文", "Skip to the form"),
    "language": ("语言", "Language"),
    "official": ("统计调查", "Statistical survey"),
    "illustrative": ("示例", "illustrative"),
    "error_title": ("错误：", "Error: "),
    # legal header
    "table_number": ("表号", "Form number"),
    "authority": ("制定机关", "Issued by"),
    "approved_by": ("批准（备案）机关", "Approved (filed) by"),
    "approval_number": ("批准（备案）文号", "Approval number"),
    "valid_until": ("有效期至", "Valid until"),
    "legal_basis": ("法定标识", "Official particulars of this form"),
    # entry
    "entry_title": ("登录填报", "Open your form"),
    "entry_lead": (
        "请使用通知书上的访问码填报。您可以随时中断，之后用同一访问码继续。",
        "Use the access code in your letter. You can stop at any time and go on later with the same code.",
    ),
    "code_label": ("访问码", "Access code"),
    "code_hint": (
        "16 位字母和数字，每 4 位一组，例如 7K3M-Q9TD-2HXA-W5PE。大小写、空格和连字符均可忽略。",
        "16 letters and digits in groups of four, such as 7K3M-Q9TD-2HXA-W5PE. Capitals, spaces and dashes "
        "do not matter.",
    ),
    "enter": ("开始填报", "Start"),
    "code_wrong": (
        "访问码“{typed}”不正确。请对照通知书检查每一位；字母 O、I、L 会按数字 0、1 识别。",
        "The access code “{typed}” is not right. Please compare every character with your letter; O, I and L are "
        "read as 0 and 1.",
    ),
    "code_empty": ("请输入通知书上的访问码。", "Please type the access code from your letter."),
    "code_throttled": (
        "错误的访问码太多。请对照通知书，15 分钟后再试；正确的访问码随时有效。",
        "Too many wrong access codes. Compare with your letter and try again in 15 minutes; "
        "the correct code always works.",
    ),
    "confidential": (
        "所填资料仅用于统计，依法保密，不会向外提供能够识别贵单位的资料。",
        "What you enter is used for statistics only and kept confidential by law; nothing that identifies "
        "you is given out.",
    ),
    "unclassified": (
        "本系统为非涉密系统。请勿填写国家秘密、工作秘密等涉密信息。",
        "This is an unclassified system. Do not enter state secrets or other classified information.",
    ),
    "contact": ("填报咨询：{contact}", "Questions about this form: {contact}"),
    "lapsed": (
        "本表有效期至 {date}，现已失效，不能继续填报。请联系统计机构。",
        "This form was valid until {date} and can no longer be filled in. Please contact the statistics office.",
    ),
    # signed in
    "signed_in_as": ("填报单位", "Answering for"),
    "wave": ("调查轮次", "Survey round"),
    "sign_out": ("退出", "Sign out"),
    "signed_out": (
        "您已退出。已保存的答案不会丢失。",
        "You are signed out. Everything you saved is kept.",
    ),
    "progress": ("第 {here} 页，共 {all} 页", "Page {here} of {all}"),
    "back": ("上一页", "Back"),
    "save": ("保存并继续", "Save and continue"),
    "go_on": ("先继续，稍后更正", "Continue and correct later"),
    "saved_at_sign_out": ("保存并退出", "Save and sign out"),
    "required_note": (
        "没有数量的请填 0；不清楚的请选“不清楚”。空白不等于 0。",
        "Where there is none, type 0; where you do not know, say so. A blank is not a zero.",
    ),
    # rows of a list
    "save_next_rows": ("保存并看后面的行", "Save and show the next rows"),
    "add_rows": ("保存并增加行", "Save and add rows"),
    "other_rows": ("其他行", "Other rows"),
    "previous_rows": ("保存并看前面的行", "Save and show the previous rows"),
    "leave_rows": ("保存并进入下一页", "Save and go to the next page"),
    "go_row": ("转到第几行", "Go to row"),
    "go_there": ("保存并转到", "Save and go"),
    "rows_full": ("最多可填 {most} 行，已填满。", "There can be at most {most} rows, and all are used."),
    "nothing_dropped": (
        "已填有行，“{label}”的勾选已取消。如确实没有，请删除各行后再勾选。",
        "There are rows, so “{label}” was unticked. If there is nothing to report, remove the rows and tick it again.",
    ),
    "row_moved": (
        "第 {row} 行已同时由他人填写，您填写的内容已存为第 {now} 行，两行都已保留。",
        "Somebody else filled in row {row} at the same time. What you typed is stored as row {now}; both are kept.",
    ),
    "row": ("行", "Row"),
    "more_rows": ("另有 {n} 行未在此列出。", "{n} more rows are not listed here."),
    "see_rows": ("从第 {row} 行起查看", "See them from row {row}"),
    "no_rows": ("未填任何行", "No rows filled in"),
    "open_draft_rows": (
        "“{page}”页第 {first}–{last} 行中有未能识别的答案。",
        "The page “{page}” has answers in rows {first} to {last} that could not be understood.",
    ),
    # findings
    "reason_long": (
        "说明有 {n} 个字，最多 500 个字。请缩短。",
        "The reason has {n} characters; at most 500 can be kept. Please shorten it.",
    ),
    # conflicts
    "conflict_title": ("同一答案在别处被修改", "The same answer was changed elsewhere"),
    "conflict_text": (
        "您打开本页之后，以下答案在另一个窗口被修改。下面框内是您填写的内容，尚未保存；再次点击“保存并继续"
        "”将以您的内容为准。",
        "After you opened this page these answers were changed in another window. The boxes below hold what "
        "you typed, not "
        "yet saved; press “Save and continue” again to keep yours.",
    ),
    "yours": ("您的填写", "Yours"),
    "theirs": ("已保存的", "Saved"),
    # notices
    "expired": (
        "为安全起见，登录已过期。请重新输入访问码；您在上一页填写的内容仍保留在此，登录后会重新显示。",
        "You were signed out after a while, for safety. Type the access code again: what you had typed is "
        "kept and will be "
        "shown after you sign in.",
    ),
    "expired_plain": (
        "登录已过期，请重新输入访问码。",
        "You were signed out after a while. Please type the access code again.",
    ),
    "restored": (
        "这是您在登录过期前填写的内容，尚未保存。请检查后点击“保存并继续”。",
        "This is what you had typed before you were signed out. It is not saved yet: check it and press "
        "“Save and continue”.",
    ),
    "not_restored": (
        "先前填写的内容属于另一份问卷，没有带入。",
        "What was typed before belonged to another questionnaire and was not taken over.",
    ),
    "stale_form": (
        "本页的安全校验信息已失效，内容尚未保存。您填写的内容都在下面，请再次点击“保存并继续”。",
        "The security token of this page had expired, so nothing was saved yet. All you typed is below: "
        "press “Save and continue” once more.",
    ),
    "out_of_date": (
        "页面已过期，刚才的操作没有执行；已保存的答案都在。请再试一次。",
        "This page was out of date, so nothing was done; everything you saved is safe. Please try once more.",
    ),
    "other_unit": (
        "本页属于另一份问卷，而此浏览器现已登录“{name}”。内容没有保存。请输入原来那份问卷的访问码，"
        "您填写的内容会重新显示。",
        "This page belongs to another questionnaire, and this browser is now signed in as “{name}”. Nothing "
        "was saved. Type "
        "the access code of the first questionnaire, and what you typed will be shown again.",
    ),
    "after_submit": (
        "本答卷已于 {at} 提交，以下内容没有保存。如需更正，请联系统计机构。",
        "This response was submitted on {at}; what you see below was not saved. To correct it, contact the "
        "statistics office.",
    ),
    "draft_note": (
        "以下内容按您上次填写的原样显示，其中有未能识别的答案，尚待更正。",
        "This is shown as you typed it last time; some of it could not be understood and is to be corrected.",
    ),
    # check your answers
    "check_title": ("核对答案", "Check your answers"),
    "check_lead": (
        "提交前请核对。提交后即生成回执。",
        "Please check before you submit. You get a receipt when you submit.",
    ),
    "change": ("修改", "Change"),
    "change_what": ("修改：{what}", "Change: {what}"),
    "submit": ("提交", "Submit"),
    "submit_blocked": (
        "还有 {n} 处需要处理，处理后才能提交。",
        "{n} things are still open; the form can be submitted once they are settled.",
    ),
    "changed_meanwhile": (
        "在您核对期间答案有变动。请重新核对后提交。",
        "Answers changed while you were checking. Please check again and submit.",
    ),
    "open_missing": (
        "“{page}”页还有 {n} 处未填。",
        "The page “{page}” still has {n} things without an answer.",
    ),
    "open_draft": ("“{page}”页有未能识别的答案。", "The page “{page}” has answers that could not be understood."),
    "declare": (
        "我单位对所填资料的真实性、准确性、完整性负责。",
        "We are responsible for these answers being true, exact and complete.",
    ),
    # receipt
    "receipt_title": ("提交成功", "Submitted"),
    "receipt_lead": (
        "已收到贵单位的答卷。请保存或打印本回执。",
        "Your response has been received. Please keep or print this receipt.",
    ),
    "receipt_code": ("回执编号", "Receipt number"),
    "receipt_at": ("提交时间", "Submitted"),
    "receipt_unit": ("填报单位", "Unit"),
    "receipt_questionnaire": ("问卷", "Questionnaire"),
    "receipt_version": ("定义版本", "Definition version"),
    "receipt_hash": ("答卷指纹（SHA-256）", "Fingerprint of the answers (SHA-256)"),
    "receipt_hash_hint": (
        "任何答案的改动都会改变指纹。",
        "If any answer were changed, the fingerprint would change.",
    ),
    "receipt_pdf": ("下载回执（PDF）", "Download the receipt (PDF)"),
    "receipt_no_pdf": (
        "此处未提供 PDF 打印服务，请使用浏览器的打印功能。",
        "PDF printing is not set up here; please use your browser's print function.",
    ),
    # other pages
    "not_found_title": ("页面不存在", "There is no such page"),
    "not_found": ("请回到首页，用访问码继续填报。", "Go back to the start and continue with your access code."),
    "too_large_title": ("内容太多", "Too much text"),
    "too_large": (
        "本页发送的内容超过 {most} KB，没有保存。请按浏览器的“后退”键回到刚才的页面（内容仍在），缩短文字后再保存。",
        "This page sent more than {most} KB, and nothing was saved. Press “back” in your browser (your text is "
        "still there), "
        "shorten it and save again.",
    ),
    "busy_title": ("系统繁忙", "The system is busy"),
    "busy": (
        "已保存的答案都在。刚才这一页可能尚未保存，内容在下面；请稍候再按一次“保存并继续”，不会重复保存。",
        "Everything saved before is safe. This last page may not be saved yet; your text is below. Wait a "
        "moment and press "
        "“Save and continue” again: nothing is stored twice.",
    ),
    "busy_plain": (
        "已保存的答案都在。请稍候再试一次，不会重复提交。",
        "Everything you saved is safe. Wait a moment and try again; nothing is submitted twice.",
    ),
    "failed_title": ("出了问题", "Something went wrong"),
    "failed": (
        "这是我们的问题，与您的填写无关。已保存的答案都在。请稍后再试。",
        "This is our fault, not yours. Everything you saved is safe. Please try again later.",
    ),
    "bad_request_title": ("无法处理", "This cannot be processed"),
    "bad_request": ("请回到首页重新开始；已保存的答案都在。", "Go back to the start; everything you saved is safe."),
    "not_encrypted": (
        "请使用以 https:// 开头的网址访问；未加密的连接不予接受，刚才的内容没有保存。",
        "Please use the address that begins with https://. Connections without encryption are not accepted, and "
        "nothing was saved.",
    ),
    "start_page": ("回到首页", "To the start"),
}


def say(lang: str, key: str, **values: object) -> str:
    """Return the words for a key in a language, with values filled in.

    >>> say("en", "progress", here=2, all=7)
    'Page 2 of 7'
    """
    if lang in LANGUAGES:
        return WORDS[key][LANGUAGES.index(lang)].format(**values)
    return other_words(lang)[f"{COLLECTOR}{key}"].format(**values)


def program_words() -> dict[str, Text]:
    """Return the words above by the keys under which a study's file of words has them."""
    return {f"{COLLECTOR}{key}": Text.of(zh=zh, en=en) for key, (zh, en) in WORDS.items()}


def faults_of(lang: str) -> str:
    """Return what the words of a learned language lack for these pages, "" where nothing.

    The words were read by `forms.vocabulary`, which judges its own.
    """
    said, needed = other_words(lang), program_words()
    wrong = [f"unknown {key}" for key in said if key not in needed]
    wrong += [f'"{key}" {odd}' for key, text in said.items() if key in needed and (odd := _odd(needed[key], text))]
    lacking = [key for key in needed if not said.get(key)]
    wrong += [f"missing: {', '.join(lacking)}"] if lacking else []
    return "; ".join(wrong)


def _odd(own: Text, said: str) -> str:
    return slots_fault(own["en"], said) if said else ""


def words_faults(study_dir: Path) -> list[Fault]:
    """List what a study's files of words lack for these pages; what they lack for forms, `forms` says."""
    written = ((lang, study_dir / FOLDER / f"{lang}.yaml") for lang in further_languages())
    found = ((path, faults_of(lang)) for lang, path in written if path.exists())
    return [Fault(f"{FOLDER}/{path.name}:1", f"the words of the collector's pages: {wrong}. Correct them.")
            for path, wrong in found if wrong]  # fmt: skip


def languages_of(questionnaires: Mapping[str, Questionnaire]) -> tuple[str, ...]:
    """Return the languages in which every questionnaire and every word of the program is written."""
    further = (lang for lang in further_languages() if not faults_of(lang))
    return (*LANGUAGES, *(lang for lang in further if all(lang in one.title for one in questionnaires.values())))


def name_of(lang: str) -> str:
    """Return a language's own name."""
    return LANGUAGE_NAMES.get(lang) or language_name(lang)


def best_language(wanted: str | None, accepted: str | None, known: Sequence[str] = LANGUAGES) -> str:
    """Return the language that was chosen, else the one the browser prefers, else Chinese.

    >>> best_language(None, "en-GB,en;q=0.9")
    'en'
    """
    if wanted in known:
        return str(wanted)
    for entry in (accepted or "").split(","):
        tag = entry.split(";")[0].strip().lower()
        found = next((lang for lang in (tag, tag.partition("-")[0]) if lang in known), None)
        if found:
            return found
    return LANGUAGES[0]
