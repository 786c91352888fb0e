/** The few sentences the pane says by itself; everything else comes from the service, already translated. */

export type Language = "ja" | "en";

const ja = {
    back: "戻る",
    more: "その他の操作",
    retry: "もう一度",
    signIn: "サインイン",
    copy: "コピーする",
    close: "閉じる",
    openPage: "ページを開く",
    noOutlook: "このページは Outlook の作業ウィンドウで開いてください。",
    tooOld: "お使いの Outlook ではサインインできません。新しい版に更新してください。",
    signInFailed: "サインインできませんでした。",
    signInNeeded: "続けるにはサインインしてください。",
    signInClosed: "サインインが途中で閉じられました。",
    signInRefused: "サインインが許可されませんでした。管理者にお問い合わせください。",
    consentNeeded: "Sobani の利用にまだ同意していません。サインインして同意するか、管理者にお問い合わせください。",
    popupBlocked: "サインインのウィンドウを開けませんでした。ポップアップを許可してから、もう一度押してください。",
    otherAccount: "このメールボックスとは別のアカウントでサインインしています。",
    signedInAs: "サインイン中のアカウント",
    unreachable: "サービスに接続できませんでした。入力した内容は残っています。",
    slow: "サービスの応答がありません。入力した内容は残っています。",
    failed: "処理できませんでした。入力した内容は残っています。",
    offlineSince: "オフラインです。{time} 時点の内容を表示しています。",
    unreachableSince: "サービスに接続できません。{time} 時点の内容を表示しています。",
    offline: "オフラインです。つながりしだい表示します。",
    connected: "接続が戻りました。",
    nothing: "メールを選ぶと、その状況をここに表示します。選んでも変わらないときは、Outlook からそのメールを読み取れません。",
    appointment: "予定には対応していません。メールを選んでください。",
    meeting: "会議の案内や返事には対応していません。メールを選んでください。",
    sealed: "暗号化されたメールのため、本文は読み取れません。",
    replyOpened: "返信の作成画面を開きました。",
    replyUnsure: "返信の作成画面を開いています。開かないときは「返信」を押し、コピーした文面を貼り付けてください。",
    replyTooLong: "文面が長いためコピーしました。開いた返信に貼り付けてください。",
    replyRefused: "返信の作成画面を開けませんでした。Outlook の「返信」を押してください。",
    replyCopied: "返信の作成画面を開けないため、文面をコピーしました。「返信」を押して貼り付けてください。",
    replyByHand: "返信の作成画面を開けませんでした。文面をコピーして、返信に貼り付けてください。",
    inserted: "本文に挿入しました。",
    insertedAtTop: "本文の先頭に挿入しました。",
    insertedUnseen: "挿入しました。本文をご確認ください。",
    insertCopied: "挿入できないため、文面をコピーしました。本文に貼り付けてください。",
    insertTooLong: "長すぎて挿入できないため、文面をコピーしました。本文に貼り付けてください。",
    insertByHand: "挿入できませんでした。文面をコピーして、本文に貼り付けてください。",
    copied: "コピーしました。",
    readingFiles: "添付ファイルを読み取っています。",
    pageBlocked: "ページを開けませんでした。",
};

const en: typeof ja = {
    back: "Back",
    more: "More actions",
    retry: "Try again",
    signIn: "Sign in",
    copy: "Copy",
    close: "Close",
    openPage: "Open the page",
    noOutlook: "Open this page in Outlook's task pane.",
    tooOld: "This version of Outlook can't sign in here. Update it and try again.",
    signInFailed: "Sign-in didn't succeed.",
    signInNeeded: "Sign in to continue.",
    signInClosed: "The sign-in window was closed before you were signed in.",
    signInRefused: "Sign-in wasn't allowed. Ask your administrator.",
    consentNeeded: "Sobani hasn't been given your consent. Sign in and accept, or ask your administrator.",
    popupBlocked: "The sign-in window couldn't be opened. Allow pop-ups, then try again.",
    otherAccount: "You're signed in with an account other than this mailbox's.",
    signedInAs: "Signed in as",
    unreachable: "Can't reach the service. What you typed is still here.",
    slow: "The service isn't answering. What you typed is still here.",
    failed: "That didn't work. What you typed is still here.",
    offlineSince: "You're offline. This is how things stood at {time}.",
    unreachableSince: "Can't reach the service. This is how things stood at {time}.",
    offline: "You're offline. This will appear once you're connected.",
    connected: "Connected again.",
    nothing: "Select a message to see where it stands. If nothing changes here, Outlook can't read that message.",
    appointment: "Appointments aren't handled here. Select a message.",
    meeting: "Meeting invitations and responses aren't handled here. Select a message.",
    sealed: "This message is encrypted, so its text can't be read.",
    replyOpened: "The reply is open.",
    replyUnsure: "Opening the reply. If it doesn't appear, choose Reply and paste the text, which has been copied.",
    replyTooLong: "The text is long, so it was copied. Paste it into the reply that opened.",
    replyRefused: "The reply couldn't be opened. Choose Reply in Outlook.",
    replyCopied: "The reply can't be opened, so the text was copied. Choose Reply and paste it.",
    replyByHand: "The reply couldn't be opened. Copy the text and paste it into a reply.",
    inserted: "Inserted.",
    insertedAtTop: "Inserted at the top of the message.",
    insertedUnseen: "Inserted. Check the message.",
    insertCopied: "The text can't be inserted, so it was copied. Paste it into the message.",
    insertTooLong: "The text is too long to insert, so it was copied. Paste it into the message.",
    insertByHand: "The text couldn't be inserted. Copy it and paste it into the message.",
    copied: "Copied.",
    readingFiles: "Reading the attachments.",
    pageBlocked: "The page couldn't be opened.",
};

export type Words = typeof ja;
export type Sentence = keyof Words;

export function languageOf(locale: string): Language {
    return /^ja\b/i.test(locale) ? "ja" : "en";
}

export function wordsOf(language: Language): Words {
    return language === "ja" ? ja : en;
}

/** The button of a stopped mail that leads to the pane: Outlook shows 20 characters. */
export const openPane: Record<Language, string> = { ja: "Sobani で確認", en: "Check in Sobani" };
