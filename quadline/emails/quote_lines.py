"""How mail programs introduce what they quote, in the languages students use.

Data only.

Gmail, Apple Mail, Outlook, Thunderbird, Yahoo, Proton, QQ, 163 and Naver,
as of 2026-11.
"""

import re

# What ends, begins or stands in the line above a quoted message: "On …, Maya wrote:".
WROTE_WORDS = (
    r"\bwrote\b",  # English
    r"\bescribi[oó]\b",  # Spanish
    r"\ba écrit\b",  # French
    r"\bschrieb\b|\bhat geschrieben\b",  # German
    r"\bescreveu\b",  # Portuguese
    r"\bha scritto\b",  # Italian
    r"写道|寫道|写到|寫到|来信|來信",  # Chinese
    r"のメール|が書きました|は書きました|さんは書|wrote",  # Japanese
    r"님이 작성|작성:|이\(가\) 쓴 글|쓴 글|님이 쓴",  # Korean
    r"đã viết|viết\s*:",  # Vietnamese
    r"كتب|كتبت|كتابة ما يلي",  # Arabic
    r"\bschreef\b|\bgeschreven\b",  # Dutch
    r"\bnapisał",  # Polish
    r"пишет|написал|писал",  # Russian, Ukrainian
    r"\bskrev\b|\bkirjoitti\b",  # Scandinavian, Finnish
    r"\byazdı\b|şunu yazdı",  # Turkish
)
# How the languages that begin it with a word begin it.
ATTRIBUTION_STARTS = "On|At|El|Le|Am|Em|Il|Il giorno|Vào|في|Op|Den|Dne|在|W dniu"
# The labels of the head that Outlook and others put above the message they answer.
FROM_LABELS = (
    "From|De|Von|Da|发件人|發件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람"
    "|보낸이|Từ|Người gửi|من|Van|Od|От|Från|Fra|Kimden"
)
SENT_LABELS = (
    "Sent|Date|Enviado(?: el)?|Fecha|Envoyé(?: le)?|Gesendet|Datum|Enviada?(?: em)?"
    "|Data|Inviato|发送时间|发送日期|日期|寄件日期|傳送時間|寄件時間|時間|时间"
    "|送信日時|送信済み|日付|日時|보낸 날짜|보낸날짜|날짜|Ngày|Đã gửi|Gửi|Ngày gửi"
    "|تاريخ الإرسال|تم الإرسال|أُرسلت|التاريخ|Verzonden|Wysłano|Отправлено|Дата"
    "|Skickat|Sendt|Gönderildi|Tarih"
)
SUBJECT_LABELS = (
    "Subject|Asunto|Objet|Betreff|Assunto|Oggetto|主题|主題|主旨|件名|제목|Chủ đề"
    "|Tiêu đề|الموضوع|Onderwerp|Temat|Тема|Ämne|Emne|Konu"
)
# What else stands in such a head.
OTHERS = (
    "To|Cc|Para|À|A|An|Destinataire|收件人|抄送|副本|宛先|받는 사람|받는사람|참조|Đến"
    "|Tới|Người nhận|إلى|نسخة|Aan|Do|DW|Кому|Копия|Till|Til|Kime|Importance|Reply-To"
)
ORIGINAL_MESSAGE_LINES = (
    "Original Message|Original message|Original|Replied Message|Original Appointment"
    "|Mensaje original|Message d['’]origine|Message original|Mensagem original"
    "|Ursprüngliche Nachricht|Original-Nachricht|Originalnachricht"
    "|Messaggio originale|原始邮件|原始郵件|邮件原件|回复的原邮件|回复的邮件|原邮件"
    "|原始訊息|元のメッセージ|元のメール|원본 메시지|원본 메일|원본메일|Thư gốc"
    "|Tin nhắn gốc|Thông điệp gốc|الرسالة الأصلية|Oorspronkelijk bericht"
    "|Исходное сообщение"
)
FORWARD_LINES = (
    "Forwarded [Mm]essage|Begin forwarded message|Mensaje reenviado"
    "|Inicio del mensaje reenviado|Message transféré|Début du message transféré"
    "|Début du message réexpédié|Weitergeleitete Nachricht"
    "|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Mensagem encaminhada"
    "|Início da mensagem (?:encaminhada|reencaminhada)|Messaggio inoltrato"
    "|Inizio messaggio inoltrato|转发的(?:原)?邮件|轉寄的郵件|轉寄郵件|转发邮件信息"
    "|轉寄訊息|以下是转发的邮件|開始轉寄郵件|转发邮件|轉寄|転送されたメッセージ"
    "|転送メッセージ|転送メール|전달된 메일|전달된 메시지|전달된 이메일"
    "|Thư chuyển tiếp|Tin nhắn được chuyển tiếp|Bắt đầu thư được chuyển tiếp"
    "|رسالة مُعاد توجيهها|رسالة معاد توجيهها|الرسالة المعاد توجيهها"
    "|بدء الرسالة المعاد توجيهها|Doorgestuurd bericht|Begin doorgestuurd bericht"
    "|Пересылаемое сообщение"
)
# How mail programs begin the subject of a forward.
FORWARD_SUBJECT = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|enc|i|inoltro|转发|轉寄|転送|fw|전달|chuyển tiếp|إعادة توجيه"
    r"|пересл)\s*[:：]",
    re.IGNORECASE,
)
# What a phone or a program adds under every email.
SENT_FROM_LINES = (
    r"Sent (?:from|via|with) (?:my |the )?\w[\w’' -]{0,40}(?: (?:for|on|app for) \w+)?"
    r"|Sent with Proton ?Mail secure email|Get Outlook for \w+.{0,60}"
    "|Enviado (?:desde|do|a partir do|com) .{2,40}|Obtener Outlook para .{2,40}"
    "|Obter o Outlook para .{2,40}|Envoyé (?:de|depuis|à partir d).{2,40}"
    "|(?:Obtenez|Télécharger) Outlook pour .{2,40}|Von meinem .{2,40} gesendet"
    "|Gesendet (?:von|mit) .{2,40}|Outlook für .{2,40}|Inviato da .{2,40}"
    "|Ottieni Outlook per .{2,40}|发自我的.{1,40}|發自我的.{1,40}|从我的.{1,40}发送"
    "|從我的.{1,40}傳送|来自我的.{1,40}|获取 ?Outlook.{1,40}|取得 ?Outlook.{1,40}"
    "|发送自.{1,40}|傳送自.{1,40}|.{0,20}から送信|Outlook for .{2,20} を入手"
    "|나의 .{1,30}에서 보냄|내 .{1,30}에서 보냄|.{1,20}용 Outlook.{0,20}"
    "|Được gửi từ .{2,40}|Đã gửi từ .{2,40}|Gửi từ .{2,40}|Tải Outlook .{2,40}"
    "|أُرسلت من .{2,40}|أرسلت من .{2,40}|تم الإرسال من .{2,40}"
    "|الحصول على Outlook .{2,40}|Отправлено с .{2,40}|Verzonden vanaf .{2,40}"
    "|Skickat från .{2,40}"
)
# Words of a writer whose answers are in or below what is quoted.
BELOW = re.compile(
    r"\b(?:below|in[- ]?line|inside|in (?:red|blue|green|bold|caps)"
    r"|between the lines)\b"
    r"|\b(?:abajo|más abajo|a continuaci[oó]n|entre l[ií]neas|en (?:rojo|azul))\b"
    r"|\b(?:ci-dessous|plus bas|en (?:rouge|bleu))\b"
    r"|\b(?:abaixo|em (?:vermelho|azul))\b|\b(?:unten|weiter unten|in (?:rot|blau))\b"
    r"|\b(?:qui sotto|in (?:rosso|blu))\b|见下|見下|下面|以下|下方|下記|아래|bên dưới"
    "|phía dưới|dưới đây|أدناه|في الأسفل|ниже",
    re.IGNORECASE,
)
POSTSCRIPT = re.compile(
    r"^\s*(?:p\.?\s?s\.?|p\.?\s?d\.?|n\.?\s?b\.?|附言|又及|另外|追伸|추신|tái bút"
    r"|ملاحظة)\b",
    re.IGNORECASE,
)
